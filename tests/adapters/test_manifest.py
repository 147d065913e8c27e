import pytest

from adapters.errors import ManifestInvalidError
from adapters.manifest import MAX_BYTES, parse_manifest
from adapters.model import DeleteMode, FileSource, NextLink, PageNumbers, RestSource
from tests.adapters.world import PERSONS, persons

GOOD = PERSONS.format(more="", source="", stop="1%")

REST = """
adapter = 1
resource = "mca.marriage"
key = ["marriage_no"]
subjects = ["spouse_a_id", "spouse_b_id"]
deletes = { mode = "flag", column = "sc", values = ["1"] }
[source]
type = "rest"
connection = "mca"
path = "/v1/marriages"
records = "data.rows"
paging = { by = "page", rows = 500, total = "data.total" }
token = { path = "/oauth/token", client_id = "id", client_secret = "secret" }
since = "updated_after"
timeout = "30s"
[cursor]
column = "gxsj"
delay = "5m"
format = "%Y-%m-%dT%H:%M:%S"
[map]
marriage_no = "djh"
spouse_a_id = { upper = "a.sfzh" }
spouse_b_id = { upper = "b.sfzh" }
registered_on = { date = "djrq", format = ["%Y-%m-%d", "%Y%m%d"] }
office = { concat = ["sheng", "ju"], separator = " " }
"""


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ManifestInvalidError) as caught:
        parse_manifest(text.encode())
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_full_manifest_reads_as_written() -> None:
    manifest = parse_manifest(REST.encode())
    assert isinstance(manifest.source, RestSource)
    assert manifest.source.paging == PageNumbers(rows=500, total="data.total")
    assert manifest.deletes.mode is DeleteMode.FLAG
    assert manifest.source_columns() == ("djh", "a.sfzh", "b.sfzh", "djrq", "sheng", "ju", "sc")
    assert manifest.key_columns() == ("djh",)
    assert len(manifest.digest) == 32


def test_next_links_and_files_read_too() -> None:
    text = REST.replace('{ by = "page", rows = 500, total = "data.total" }', '{ by = "next", path = "next" }')
    source = parse_manifest(text.encode()).source
    assert isinstance(source, RestSource)
    assert source.paging == NextLink(path="next")
    table = 'type = "relational"\nconnection = "psb"\ntable = "ry_jbxx"'
    files = GOOD.replace(table, 'type = "files"\ndirectory = "d"')
    assert isinstance(parse_manifest(files.encode()).source, FileSource)


def test_every_mistake_is_reported_at_once_with_its_path() -> None:
    found = problems(
        GOOD.replace("adapter = 1", "adapter = 2")
        .replace('table = "ry_jbxx"', 'tabel = "ry_jbxx"')
        .replace('format = "%Y%m%d"', 'format = "%Y%j"')
        .replace('rule = "id18"', 'rule = "id81"')
        .replace('items = ["name", "birth_date"]', 'items = ["nam"]')
        .replace('key = ["citizen_id"]', 'key = ["citizen"]')
        + 'later = "10%"'
    )
    assert "did you mean 'table'" in found["source.tabel"]
    assert found["source.table"] == "is required"
    assert "1" in found["adapter"]
    assert "%j" in found["map.birth_date.format"]
    assert "id18" in found["rules[0].rule"]
    assert "'nam'" in found["rules[1].item"]
    assert "'citizen'" in found["key"]
    assert "unknown key" in found["quarantine.later"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('table = "ry_jbxx"', 'table = "ry; DROP TABLE x"', "source.table"),
        ('table = "ry_jbxx"', 'table = "ry_jbxx"\nencoding = "gb1803O"', "source.encoding"),
        ('{ trim = "xm" }', '{ eval = "xm" }', "map.name"),
        ('{ trim = "xm" }', '{ trim = "xm", upper = "xm" }', "map.name"),
        ('stop_above = "1%"', 'stop_above = "101%"', "quarantine.stop_above"),
        ('resource = "psb.household"', 'resource = "household"', "resource"),
        ('rule = "id18"', 'rule = "pattern"\npattern = "(?<=a)b"', "rules[0].pattern"),
        ('rule = "id18"', 'rule = "date_range"', "rules[0]"),
        ('connection = "psb"', 'connection = "psb"\nurl = "postgresql://u:p@h/d"', "source.url"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(old: str, new: str, path: str) -> None:
    assert path in problems(GOOD.replace(old, new))


def test_rest_paths_cannot_name_another_host() -> None:
    assert "source.path" in problems(REST.replace('path = "/v1/marriages"', 'path = "//evil.example/x"'))
    assert "source.path" in problems(REST.replace('path = "/v1/marriages"', 'path = "http://evil.example/x"'))


def test_a_snapshot_excludes_a_cursor() -> None:
    assert "deletes" in problems(REST.replace('{ mode = "flag", column = "sc", values = ["1"] }', '"snapshot"'))


def test_size_and_syntax_are_bounded() -> None:
    assert "larger" in problems("#" * (MAX_BYTES + 1))["(file)"]
    assert "TOML" in problems("a = ")["(file)"]
    assert "(file)" in problems("a = " + "[" * 20_000)


def test_the_shared_manifest_is_sound() -> None:
    assert persons().resource == "psb.household"
