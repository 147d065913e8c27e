from dataclasses import fields
from pathlib import Path

import pytest

from adapters.manifest import parse_manifest
from exchange.demo.manifests import manifest_paths
from exchange.demo.world import Firm, Marriage, Person, Property, Resource

ITEMS = {
    Resource.HOUSEHOLD: Person,
    Resource.MARRIAGE: Marriage,
    Resource.LICENCE: Firm,
    Resource.REAL_ESTATE: Property,
}


def test_every_resource_has_one_manifest() -> None:
    assert [path.stem for path in manifest_paths()] == sorted(Resource)


@pytest.mark.parametrize("path", manifest_paths(), ids=lambda path: path.stem)
def test_a_manifest_maps_every_item_of_its_resource(path: Path) -> None:
    manifest = parse_manifest(path.read_bytes())
    assert manifest.resource == path.stem
    items = [f.name for f in fields(ITEMS[Resource(manifest.resource)])]
    assert [mapped.item for mapped in manifest.fields] == [i.replace("photo", "photo_digest") for i in items]
