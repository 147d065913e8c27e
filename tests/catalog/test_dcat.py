"""The export has every property DCAT-AP 3.0.1 makes mandatory, and no dangling reference of its own."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog.dcat import export_dcat
from catalog.loader import CatalogueFile
from catalog.model import DepartmentCode, Resource, ResourceState, SharingClass
from catalog.snapshot import CatalogueSnapshot, index_grants
from tests.catalog.builders import AT

BASE = "https://hub.example.invalid"
HUB = DepartmentCode("11339900MB90000585")
MANDATORY = {  # minCount 1 in releases/3.0.1/html/shacl/shapes.ttl
    "dcat:Catalog": ("dct:title", "dct:description", "dct:publisher"),
    "dcat:Dataset": ("dct:title", "dct:description"),
    "dcat:Distribution": ("dcat:accessURL",),
    "dcat:DataService": ("dct:title", "dcat:endpointURL"),
    "foaf:Agent": ("foaf:name",),
}


def exported(sample: CatalogueFile, **changes: Mapping[str, Any]) -> dict[str, Any]:
    entries = {
        entry.id: replace(
            entry,
            **{"state": ResourceState.PUBLISHED, "version": 1, "published_at": AT, **changes.get(entry.id, {})},
        )
        for entry in sample.resource
    }
    snapshot = CatalogueSnapshot(
        revision=7,
        departments={entry.code: entry for entry in sample.department},
        resources=entries,
        evidence_types={},
        requirements={},
        service_items={},
        grants_by_pair=index_grants({}),
    )
    document = export_dcat(snapshot, base=BASE, publisher=HUB, title="目录", title_en="Catalogue")
    again: dict[str, Any] = json.loads(json.dumps(document))
    return again


def nodes(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in document["@graph"] if node["@type"] == kind]


def ids(entries: list[dict[str, str]]) -> list[str]:
    return [entry["@id"] for entry in entries]


def test_every_mandatory_property_is_there(sample: CatalogueFile) -> None:
    document = exported(sample)
    for kind, properties in MANDATORY.items():
        found = nodes(document, kind)
        assert found
        for node in found:
            for name in properties:
                assert node.get(name), (node["@id"], name)


def test_the_catalogue_lists_datasets_and_services(sample: CatalogueFile) -> None:
    document = exported(sample)
    (catalogue,) = nodes(document, "dcat:Catalog")
    assert ids(catalogue["dcat:dataset"]) == [f"{BASE}/catalogue/{entry.id}" for entry in sample.resource]
    assert ids(catalogue["dcat:service"]) == [node["@id"] for node in nodes(document, "dcat:DataService")]
    assert len(catalogue["dcat:service"]) == 4
    assert catalogue["dct:publisher"] == {"@id": f"{BASE}/departments/{HUB}"}


def test_no_reference_dangles_and_no_node_is_named_twice(sample: CatalogueFile) -> None:
    document = exported(sample)
    named = [node["@id"] for node in document["@graph"]]
    assert len(named) == len(set(named))
    wanted: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if set(value) == {"@id"} and "/api/" not in value["@id"]:
                wanted.add(value["@id"])
            for entry in value.values():
                walk(entry)
        elif isinstance(value, list):
            for entry in value:
                walk(entry)

    walk(document["@graph"])
    assert wanted <= set(named)


@pytest.mark.parametrize(
    ("sharing", "right"),
    [
        (SharingClass.UNCONDITIONAL, "PUBLIC"),
        (SharingClass.CONDITIONAL, "RESTRICTED"),
        (SharingClass.WITHHELD, "NON_PUBLIC"),
    ],
)
def test_the_sharing_class_becomes_the_access_right(sample: CatalogueFile, sharing: SharingClass, right: str) -> None:
    document = exported(sample, **{"psb.household": {"sharing": sharing}})
    dataset = next(node for node in nodes(document, "dcat:Dataset") if node["dct:identifier"] == "psb.household")
    assert dataset["dct:accessRights"]["@id"].endswith(f"/access-right/{right}")
    assert bool(dataset["dcat:distribution"]) is (sharing is not SharingClass.WITHHELD)


def test_only_published_entries_leave_the_house(sample: CatalogueFile) -> None:
    document = exported(sample, **{"mca.marriage": {"state": ResourceState.WITHDRAWN}})
    assert "mca.marriage" not in json.dumps(document)
    assert isinstance(sample.resource[0], Resource)
