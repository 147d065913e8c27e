"""A verification report for people: one HTML page in both languages, to read, print and file. No script, no links.

It is made from the same plain values as the signed form (`certs.verifier.signed.report_document`).
"""

import base64
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from typing import Final

from certs.crypto.times import moment

_VERDICTS: Final = {
    "valid": ("✓", "有效", "Valid"),
    "invalid": ("✗", "无效", "Invalid"),
    "indeterminate": ("?", "无法确定", "Indeterminate"),
}
_OUTCOMES: Final = {
    "pass": ("✓", "通过", "passed"),
    "fail": ("✗", "未通过", "failed"),
    "undetermined": ("?", "无法确定", "undetermined"),
    "not-applicable": ("–", "不涉及", "not applicable"),
}
STYLE: Final = (
    "@page{size:A4;margin:15mm}body{font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',"
    "sans-serif;color:#111;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2rem 0 .3rem}"
    "dl{display:grid;grid-template-columns:fit-content(40%) minmax(0,1fr);gap:.1rem 1rem;margin:.5rem 0}dd{margin:0}"
    "table{border-collapse:collapse;table-layout:fixed;width:100%;margin:.5rem 0}td,th{border:1px solid #888;"
    "padding:.3rem .4rem;text-align:left;vertical-align:top}.no{width:6%}.step{width:25%}.outcome{width:19%}"
    ".verdict{font-size:1.25rem;font-weight:700}"
    ".valid{color:#00572e}.invalid{color:#a30d12}.indeterminate{color:#7a4a00}code{font-size:.85em}"
    "tr,h2{break-inside:avoid}h2{break-after:avoid}"
    "@media(max-width:40rem){td,th{font-size:.8rem;padding:.2rem}.no{width:9%}}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:10pt}}"
)
STYLE_SOURCE: Final = f"'sha256-{base64.b64encode(sha256(STYLE.encode()).digest()).decode()}'"
"""For a Content-Security-Policy that allows exactly this style and nothing else."""


def readable(document: Mapping[str, object], *, signed_by: str = "") -> str:
    """The page; `signed_by` is the key id of the signed form it stands beside, empty when there is none."""
    trust = _mapping(document["trust"])
    counts = _mapping(document["counts"])
    signature = f"<code>{escape(signed_by)}</code>" if signed_by else "未签名 unsigned"
    head = _facts(
        ("报告编号 Report", _code(document["id"])),
        ("出具 Issued by", escape(str(document["iss"]))),
        ("出具时间 Made at", _moment(document["iat"])),
        ("验证时点 As of", escape(str(document["at"]))),
        ("规则 Policy", _code(document["policy"])),
        ("信任列表 Trust list (SHA-256)", _code(trust.get("sha256") or "—")),
        ("签名密钥 Signed with key", signature),
        ("结果 Result", " · ".join(f"{_VERDICTS[v][1]} {_VERDICTS[v][2]}: {counts.get(v, 0)}" for v in _VERDICTS)),
    )
    sections = "".join(_section(n, _mapping(d)) for n, d in enumerate(_list(document["documents"]), 1))
    note = "本页供阅读；以签名的 JSON 报告为准。 This page is for reading; the signed JSON report is what counts."
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>验证报告 Verification report</title><style>{STYLE}</style></head><body><main>"
        f"<h1>验证报告 Verification report</h1>{head}<p>{note}</p>{sections}</main></body></html>"
    )


def plain(document: Mapping[str, object]) -> str:
    """The same for a terminal or a text file."""
    lines = [f"验证报告 Verification report {document['id']}", f"as of {document['at']}", ""]
    for number, item in enumerate(_list(document["documents"]), 1):
        found = _mapping(item)
        mark, zh, en = _VERDICTS[str(found["verdict"])]
        lines.append(f"{number}. {mark} {zh} {en}  {found['name']}  sha256:{found['sha256']}")
        for entry in map(_mapping, _list(found["steps"])):
            sign = _OUTCOMES[str(entry["outcome"])][0]
            lines.append(
                f"   {sign} {entry['number']:>2} {entry['name_zh']} {entry['name_en']}: {entry['zh']} {entry['en']}"
            )
    return "\n".join([*lines, ""])


def _section(number: int, item: Mapping[str, object]) -> str:
    verdict = str(item["verdict"])
    mark, zh, en = _VERDICTS[verdict]
    facts = _facts(
        ("类型 Kind", escape(str(item["kind"]))),
        ("大小 Size", f"{item['size']} B"),
        ("SHA-256", _code(item["sha256"])),
        ("SM3", _code(item["sm3"] or "—")),
        ("证照标识 Identifier", _code(item["identifier"] or "—")),
        ("规则 Policy", _code(item["policy"])),
    )
    rows = "".join(_row(_mapping(entry)) for entry in _list(item["steps"]))
    return (
        f"<section><h2>{number}. {escape(str(item['name']) or '—')}</h2>"
        f'<p class="verdict {verdict}">{mark} {zh} {en}</p>{facts}'
        '<table><thead><tr><th class="no">#</th><th class="step">步骤 Step</th><th class="outcome">结果 Result</th>'
        "<th>说明 Why</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _row(entry: Mapping[str, object]) -> str:
    mark, zh, en = _OUTCOMES[str(entry["outcome"])]
    after = " ".join(filter(None, (str(entry["next_zh"]), str(entry["next_en"]))))
    name = f"{escape(str(entry['name_zh']))}<br>{escape(str(entry['name_en']))}"
    why = f"{escape(str(entry['zh']))}<br>{escape(str(entry['en']))} {_code(entry['code'])}"
    then = f"<br>→ {escape(after)}" if after else ""
    return f"<tr><td>{entry['number']}</td><td>{name}</td><td>{mark} {zh}<br>{en}</td><td>{why}{then}</td></tr>"


def _facts(*pairs: tuple[str, str]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in pairs)}</dl>"


def _code(value: object) -> str:
    return f"<code>{escape(str(value))}</code>"


def _moment(seconds: object) -> str:
    assert isinstance(seconds, int), "a report states when it was made as a number"
    return escape(moment(seconds).isoformat())


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping), "a report is made of objects"
    return value


def _list(value: object) -> Iterable[object]:
    assert isinstance(value, list), "a report lists its documents and their steps"
    return value
