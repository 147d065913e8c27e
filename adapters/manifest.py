"""Reads a manifest: one TOML file that connects one resource of a department's system. Nothing in it is executable.

Unknown keys are errors with the nearest known name; all errors are reported at once. Connection data and secrets
are named, never written here.
"""

import hashlib
import re
import tomllib
from codecs import lookup
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.errors import ManifestInvalidError, Problem
from adapters.manifest_fields import read_fields, read_rules
from adapters.model import (
    AnySource,
    Cursor,
    DeleteMode,
    Deletes,
    FileSource,
    Function,
    Horizon,
    Limit,
    Manifest,
    NextLink,
    PageNumbers,
    RelationalSource,
    RestSource,
    TokenEndpoint,
)
from adapters.strict_toml import (
    Table,
    one_of,
    seconds,
    string_map,
    text,
    text_or_texts,
    texts,
    whole,
)

MAX_BYTES = 64 * 1024
_RESOURCE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_TABLE = re.compile(r"[^\s.\"';]+(\.[^\s.\"';]+)?")
_GIBIBYTE = 1024**3
_NO_DELETES: object = {"mode": "none"}


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in `data` (UTF-8 TOML, at most 64 KiB).

    Raises:
        ManifestInvalidError: with every problem found.
    """
    if len(data) > MAX_BYTES:
        raise ManifestInvalidError([Problem("(file)", f"is larger than {MAX_BYTES} bytes")])
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, a number beyond all measure
        raise ManifestInvalidError([Problem("(file)", f"is not TOML: {error}")]) from error
    problems: list[Problem] = []
    manifest = _read(Table("", content, problems), hashlib.sha256(data).digest())
    if problems or manifest is None:
        raise ManifestInvalidError(problems)
    return manifest


def _read(top: Table, digest: bytes) -> Manifest | None:
    top.take("adapter", whole(1, 1), 1, required=True)
    resource = top.take("resource", _resource, "", required=True)
    key = top.take("key", texts, (), required=True)
    subjects = top.take("subjects", texts, (), required=True)
    source = _source(top)
    cursor = _cursor(top)
    deletes = _deletes(top)
    fields = read_fields(top)
    rules = read_rules(top, {mapped.item for mapped in fields})
    stop_above = _quarantine(top)
    top.close()
    if source is None:
        return None
    manifest = Manifest(
        resource=resource,
        source=source,
        key=key,
        subjects=subjects,
        fields=fields,
        rules=rules,
        cursor=cursor,
        deletes=deletes,
        stop_above=stop_above,
        digest=digest,
    )
    _agreement(top, manifest)
    return manifest


def _agreement(top: Table, manifest: Manifest) -> None:
    """What no section can see alone."""
    functions = {mapped.item: mapped.function for mapped in manifest.fields}
    for name, items in (("key", manifest.key), ("subjects", manifest.subjects)):
        for item in items:
            if item not in functions:
                top.complain(name, f"{item!r} is not an item of [map]")
            elif functions[item] is Function.NUMBER:
                top.complain(name, f"{item!r} is a number; keys and subjects are text")
    source, cursor = manifest.source, manifest.cursor
    if manifest.deletes.mode is DeleteMode.SNAPSHOT and cursor is not None:
        top.complain("deletes", "snapshot compares with a full pull; remove [cursor] or use flag")
    if cursor is not None and isinstance(source, FileSource):
        top.complain("cursor", 'files have none; use after = "archive"')
    if cursor is not None and isinstance(source, RestSource) and source.since is None:
        top.complain("source.since", "is required with [cursor]: the parameter that takes the lower bound")


def _resource(value: object) -> str:
    if not isinstance(value, str) or not _RESOURCE.fullmatch(value):
        raise ValueError('must look like "psb.household"')
    return value


def _encoding(value: object) -> str:
    try:
        return lookup(text(value)).name
    except LookupError as error:
        raise ValueError(f"no encoding is named {value!r}") from error


def _encodings(value: object) -> tuple[str, ...]:
    return tuple(_encoding(name) for name in text_or_texts(value))


def _table_name(value: object) -> str:
    if not isinstance(value, str) or not _TABLE.fullmatch(value):
        raise ValueError('must be "table" or "schema.table"')
    return value


def _url_path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/") or value.startswith("//") or "\\" in value:
        raise ValueError("must be a path that begins with one slash; the host is part of the connection")
    return value


def _glob(value: object) -> str:
    if not isinstance(value, str) or not value or "/" in value or "\\" in value or ".." in value:
        raise ValueError("must be a file name pattern without directories")
    return value


def _source(top: Table) -> AnySource | None:
    table = top.take_table("source")
    if table is None:
        top.complain("source", "is required")
        return None
    kind = table.take("type", one_of("relational", "rest", "files"), "", required=True)
    readers: dict[str, Callable[[Table], AnySource]] = {"relational": _relational, "rest": _rest, "files": _files}
    if kind not in readers:
        return None
    source = readers[kind](table)
    table.close()
    return source


def _relational(table: Table) -> RelationalSource:
    return RelationalSource(
        connection=table.take("connection", text, "", required=True),
        table=table.take("table", _table_name, "", required=True),
        encoding=table.take("encoding", _encoding, "utf-8"),
        timeout=table.take("timeout", seconds, 60.0),
    )


def _rest(table: Table) -> RestSource:
    source = RestSource(
        connection=table.take("connection", text, "", required=True),
        path=table.take("path", _url_path, "/", required=True),
        records=table.take("records", text, "", required=True),
        paging=_paging(table),
        bearer=table.take("bearer", text, "") or None,
        token=_token(table),
        params=table.take("params", string_map, {}),
        since=table.take("since", text, "") or None,
        until=table.take("until", text, "") or None,
        timeout=table.take("timeout", seconds, 30.0),
        retries=table.take("retries", whole(0, 10), 3),
        max_bytes=table.take("max_bytes", whole(1024, _GIBIBYTE), 32 * 1024 * 1024),
    )
    if source.bearer and source.token:
        table.complain("bearer", "and token exclude each other")
    return source


def _paging(table: Table) -> PageNumbers | NextLink:
    paging = table.take_table("paging")
    if paging is None:
        table.complain("paging", 'is required: {by = "page"} or {by = "next"}')
        return PageNumbers()
    by = paging.take("by", one_of("page", "next"), "page", required=True)
    result: PageNumbers | NextLink
    if by == "next":
        path = paging.take("path", text, "", required=True)
        result = NextLink(path=path, param=paging.take("param", text, "") or None)
    else:
        result = PageNumbers(
            page=paging.take("page", text, "page"),
            size=paging.take("size", text, "size"),
            rows=paging.take("rows", whole(1, 10_000), 500),
            total=paging.take("total", text, "") or None,
        )
    paging.close()
    return result


def _token(table: Table) -> TokenEndpoint | None:
    token = table.take_table("token")
    if token is None:
        return None
    endpoint = TokenEndpoint(
        path=token.take("path", _url_path, "/", required=True),
        client_id=token.take("client_id", text, "", required=True),
        client_secret=token.take("client_secret", text, "", required=True),
    )
    token.close()
    return endpoint


def _files(table: Table) -> FileSource:
    return FileSource(
        connection=table.take("directory", text, "", required=True),
        glob=table.take("glob", _glob, "*"),
        format=table.take("format", one_of("csv", "xlsx", "by-suffix"), "by-suffix"),
        encodings=table.take("encoding", _encodings, ("utf-8-sig",)),
        delimiter=table.take("delimiter", one_of(",", ";", "\t", "|"), ","),
        sheet=table.take("sheet", text, "") or None,
        ready=table.take("ready", _marker, "") or None,
        settle=table.take("settle", seconds, 2.0),
        after=table.take("after", one_of("archive", "leave"), "leave"),
        max_bytes=table.take("max_bytes", whole(1024, 4 * _GIBIBYTE), 512 * 1024 * 1024),
    )


def _marker(value: object) -> str:
    pattern = _glob(value)
    if ("{name}" in pattern) == ("{stem}" in pattern) or pattern in {"{name}", "{stem}"}:
        raise ValueError('must contain {name} or {stem}, like "{name}.ok"')
    return pattern


def _cursor(top: Table) -> Cursor | None:
    table = top.take_table("cursor")
    if table is None:
        return None
    cursor = Cursor(
        column=table.take("column", text, "", required=True),
        delay=timedelta(seconds=table.take("delay", seconds, 0.0, required=True)),
        horizon=Horizon(table.take("horizon", one_of(*Horizon), Horizon.DELAY)),
        format=table.take("format", text, "%Y-%m-%d %H:%M:%S"),
        timezone=table.take("timezone", _timezone, "Asia/Shanghai"),
    )
    table.close()
    return cursor


def _timezone(value: object) -> str:
    try:
        return ZoneInfo(text(value)).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no time zone is named {value!r}") from error


def _deletes(top: Table) -> Deletes:
    value = top.take("deletes", _mode_or_table, _NO_DELETES)
    table = Table("deletes", value, top.problems)
    mode = DeleteMode(table.take("mode", one_of(*DeleteMode), DeleteMode.NONE, required=True))
    deletes = Deletes(mode=mode)
    if mode is DeleteMode.FLAG:
        column = table.take("column", text, "", required=True)
        deletes = Deletes(mode=mode, column=column, values=table.take("values", texts, (), required=True))
    elif mode is DeleteMode.SNAPSHOT:
        deletes = Deletes(mode=mode, stop_above=table.take("stop_above", _limit, Limit(share=0.2)))
    table.close()
    return deletes


def _mode_or_table(value: object) -> object:
    return {"mode": value} if isinstance(value, str) else value


def _quarantine(top: Table) -> Limit:
    table = top.take_table("quarantine")
    if table is None:
        return Limit(share=0.05)
    limit = table.take("stop_above", _limit, Limit(share=0.05))
    table.close()
    return limit


def _limit(value: object) -> Limit:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Limit(count=value)
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", value) if isinstance(value, str) else None
    if match is None or float(match[1]) > 100:
        raise ValueError('must be a share like "1%" or a whole number of rows')
    return Limit(share=float(match[1]) / 100)
