"""Export of the catalogue as DCAT-AP 3 in JSON-LD. Pure.

Carries every property DCAT-AP 3.0.1 makes mandatory (Catalog, Dataset, Distribution, DataService, Agent) and lists
the data services at the catalogue as well (`dcat:service`), so that a harvester finds them without walking datasets.
The statutory fields that DCAT lacks go under the `yzt` vocabulary of the same base address.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from catalog.model import (
    DepartmentCode,
    Resource,
    ResourceState,
    ShareMode,
    SharingClass,
    UpdateCycle,
    label_zh,
)
from catalog.snapshot import CatalogueSnapshot

_AUTHORITY = "http://publications.europa.eu/resource/authority"
_ACCESS_RIGHTS: Mapping[SharingClass, str] = MappingProxyType(
    {
        SharingClass.UNCONDITIONAL: "PUBLIC",
        SharingClass.CONDITIONAL: "RESTRICTED",
        SharingClass.WITHHELD: "NON_PUBLIC",
    }
)
_FREQUENCY: Mapping[UpdateCycle, str] = MappingProxyType(
    {
        UpdateCycle.REALTIME: "UPDATE_CONT",
        UpdateCycle.DAILY: "DAILY",
        UpdateCycle.WEEKLY: "WEEKLY",
        UpdateCycle.MONTHLY: "MONTHLY",
        UpdateCycle.QUARTERLY: "QUARTERLY",
        UpdateCycle.YEARLY: "ANNUAL",
    }
)
_CONTEXT: Mapping[str, str] = MappingProxyType(
    {
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)

Node = dict[str, object]


def export_dcat(
    snapshot: CatalogueSnapshot, *, base: str, publisher: DepartmentCode, title: str, title_en: str
) -> Node:
    """Describe the published entries of `snapshot` as one JSON-LD document.

    Args:
        snapshot: the catalogue.
        base: absolute address of the hub without a trailing slash; all identifiers are below it.
        publisher: code of the 主管部门 that runs the catalogue; it must be registered.
        title: Chinese title of the catalogue.
        title_en: English title of the catalogue.

    Raises:
        KeyError: the publisher or a provider is not a registered department.
    """
    published = [entry for entry in snapshot.resources.values() if entry.state is ResourceState.PUBLISHED]
    served = [entry for entry in published if _is_served(entry)]
    codes = {publisher, *(entry.provider for entry in published), *(e.source for e in published if e.source)}
    catalogue: Node = {
        "@id": f"{base}/catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _both(title, title_en),
        "dct:description": _both("政务数据目录", "Catalogue of government data shared between departments"),
        "dct:publisher": _ref(_agent_id(base, publisher)),
        "dcat:dataset": [_ref(_dataset_id(base, entry)) for entry in published],
        "dcat:service": [_ref(_service_id(base, entry)) for entry in served],
        "yzt:revision": snapshot.revision,
    }
    graph = [
        catalogue,
        *(_agent(snapshot, base, code) for code in sorted(codes)),
        *(node for entry in published for node in _resource_nodes(base, entry)),
    ]
    return {"@context": {**_CONTEXT, "yzt": f"{base}/vocabulary#"}, "@graph": graph}


def _is_served(entry: Resource) -> bool:
    return entry.sharing is not SharingClass.WITHHELD and ShareMode.INTERFACE in entry.modes


def _resource_nodes(base: str, entry: Resource) -> Iterator[Node]:
    modes = () if entry.sharing is SharingClass.WITHHELD else entry.modes
    yield _dataset(base, entry, modes)
    for mode in modes:
        yield _distribution(base, entry, mode)
    if _is_served(entry):
        yield {
            "@id": _service_id(base, entry),
            "@type": "dcat:DataService",
            "dct:title": _both(f"{entry.name_zh}查询服务", f"{entry.name_en} query service"),
            "dcat:endpointURL": _ref(_endpoint(base, entry, ShareMode.INTERFACE)),
            "dcat:servesDataset": _ref(_dataset_id(base, entry)),
            "dct:accessRights": _access_rights(entry),
        }


def _dataset(base: str, entry: Resource, modes: Iterable[ShareMode]) -> Node:
    node: Node = {
        "@id": _dataset_id(base, entry),
        "@type": "dcat:Dataset",
        "dct:identifier": entry.id,
        "dct:title": _both(entry.name_zh, entry.name_en),
        "dct:description": _both(entry.abstract_zh, entry.abstract_en),
        "dct:publisher": _ref(_agent_id(base, entry.provider)),
        "dct:creator": _ref(_agent_id(base, entry.source or entry.provider)),
        "dct:accessRights": _access_rights(entry),
        "dcat:version": str(entry.version),
        "dcat:keyword": _text(entry.theme, "zh"),
        "dcat:distribution": [_ref(_distribution_id(base, entry, mode)) for mode in modes],
        "yzt:grade": entry.grade,
        "yzt:items": [_item(item.code, item.name_zh, label_zh(item.type)) for item in entry.items],
    }
    if entry.update_cycle is not None:
        frequency = f"{_AUTHORITY}/frequency/{_FREQUENCY[entry.update_cycle]}"
        node["dct:accrualPeriodicity"] = {"@id": frequency, "@type": "dct:Frequency"}
    if entry.published_at is not None:
        node["dct:issued"] = {"@type": "xsd:dateTime", "@value": entry.published_at.isoformat()}
    terms = entry.law if entry.sharing is SharingClass.WITHHELD else entry.condition
    if terms:
        node["yzt:condition"] = _text(terms, "zh")
    return node


def _item(code: str, name: str, data_type: str) -> Node:
    return {"yzt:code": code, "yzt:name": _text(name, "zh"), "yzt:type": data_type}


def _distribution(base: str, entry: Resource, mode: ShareMode) -> Node:
    node: Node = {
        "@id": _distribution_id(base, entry, mode),
        "@type": "dcat:Distribution",
        "dct:title": _both(f"{entry.name_zh}（{label_zh(mode)}）", f"{entry.name_en} ({mode.value})"),
        "dcat:accessURL": _ref(_endpoint(base, entry, mode)),
    }
    if mode is ShareMode.INTERFACE:
        node["dcat:accessService"] = _ref(_service_id(base, entry))
    return node


def _agent(snapshot: CatalogueSnapshot, base: str, code: DepartmentCode) -> Node:
    department = snapshot.departments[code]
    return {
        "@id": _agent_id(base, code),
        "@type": "foaf:Agent",
        "foaf:name": _both(department.name_zh, department.name_en),
        "dct:identifier": code,
    }


def _access_rights(entry: Resource) -> Node:
    name = _ACCESS_RIGHTS[entry.sharing or SharingClass.WITHHELD]
    return {"@id": f"{_AUTHORITY}/access-right/{name}", "@type": "dct:RightsStatement"}


def _both(zh: str, en: str) -> list[Node]:
    return [_text(text, language) for text, language in ((zh, "zh"), (en, "en")) if text]


def _text(text: str, language: str) -> Node:
    return {"@value": text, "@language": language}


def _ref(iri: str) -> Node:
    return {"@id": iri}


def _agent_id(base: str, code: str) -> str:
    return f"{base}/departments/{code}"


def _dataset_id(base: str, entry: Resource) -> str:
    return f"{base}/catalogue/{entry.id}"


def _distribution_id(base: str, entry: Resource, mode: ShareMode) -> str:
    return f"{base}/catalogue/{entry.id}#{mode.value}"


def _service_id(base: str, entry: Resource) -> str:
    return f"{base}/catalogue/{entry.id}#service"


def _endpoint(base: str, entry: Resource, mode: ShareMode) -> str:
    return f"{base}/api/v1/resources/{entry.id}/{mode.value}"
