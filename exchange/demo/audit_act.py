"""The last act: an auditor exports the evidence of a case and proves every step on a computer without a network."""

import asyncio
import re
import tempfile
from pathlib import Path

from exchange.demo.acts import Memory
from exchange.demo.narration import Narration
from exchange.demo.offline import verify_offline
from exchange.demo.stage import Stage
from exchange.demo.world import World

PUBLISHED = ("log", "entries", "receipts", "proofs", "status", "trust")
_CITIZEN_ID = re.compile(rb"\d{17}[\dXx]")


async def audit(stage: Stage, say: Narration, memory: Memory) -> None:
    """Export, verify offline, and show that a single flipped bit does not pass."""
    say.act("审计：导出证据包，断网核验", "An auditor exports the evidence and verifies it offline")
    auditor = await stage.logged_in("auditor")
    for event_id, receipt in memory.receipts.items():
        memory.artefacts.add(f"receipts/{event_id}.jwt", receipt)
        memory.artefacts.add(f"proofs/{event_id}.tlog-proof", await stage.proof(event_id))
        entry = (await auditor.get(f"/api/v1/log/events/{event_id}")).body
        memory.artefacts.add(f"entries/{event_id}.json", entry["body"])
    exported = await auditor.get(f"/api/v1/cases/{memory.case}/evidence")
    say.check(
        exported.status == 200,
        f"办件 {memory.case} 的证据包：{len(exported.body):,} 字节",
        f"evidence bundle, {len(exported.body):,} bytes",
    )
    memory.artefacts.add("bundle.zip", exported.body)
    memory.artefacts.add_published(await stage.app.trust.publish())
    await memory.artefacts.add_log(stage)
    with tempfile.TemporaryDirectory(prefix="yzt-auditor-") as name:
        directory = Path(name)
        await asyncio.to_thread(memory.artefacts.write, directory)
        await asyncio.to_thread(_verify_everything, directory, say, memory)
    found = _people_in(memory.artefacts.files, stage.world)
    say.check(
        not found,
        f"公开的日志、回执与证明：{len(stage.world.people)} 人的证号无一出现",
        "no citizen number in log, receipts or proofs",
    )


def _verify_everything(directory: Path, say: Narration, memory: Memory) -> None:
    keys = ["--trust", str(directory / "trust" / "keys.json")]
    bundle = directory / "bundle.zip"
    code, text = verify_offline(["verify-bundle", str(bundle), *keys, "--at", memory.artefacts.used_at])
    say.check(code == 0, f"以用证时为准：{_verdict(text)}", "the bundle as of the day it was used")
    code, text = verify_offline(["verify-bundle", str(bundle), *keys])
    say.check(
        code == 1 and "status-superseded" in text,
        f"以现在为准：{_verdict(text)}，其中一本证照后来已变更",
        "as of now: a certificate was superseded since",
    )
    good = sum(_receipt_holds(directory, event_id, keys) for event_id in memory.receipts)
    say.check(
        good == len(memory.receipts),
        f"{len(memory.receipts)} 份回执中 {good} 份可证在日志树中",
        f"{good} of {len(memory.receipts)} receipts are proven to be in the log",
    )
    code, text = verify_offline(["audit-log", str(directory / "log"), *keys])
    say.check(code == 0, f"由瓦片重建整棵日志树：{_verdict(text)}", "the whole log rebuilt from its tiles")
    spoilt = bytearray(bundle.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    bundle.write_bytes(spoilt)
    code, text = verify_offline(["verify-bundle", str(bundle), *keys, "--at", memory.artefacts.used_at])
    say.check(code == 1, f"证据包翻转一个比特：{_verdict(text)}", "one bit of the bundle flipped")


def _receipt_holds(directory: Path, event_id: str, keys: list[str]) -> bool:
    proof, entry = directory / f"proofs/{event_id}.tlog-proof", directory / f"entries/{event_id}.json"
    receipt = directory / f"receipts/{event_id}.jwt"
    code, _ = verify_offline(["verify-proof", str(proof), str(entry), *keys, "--receipt", str(receipt)])
    return code == 0


def _people_in(files: dict[str, bytes], world: World) -> list[str]:
    """Names of the published files that hold anybody's citizen number."""
    everybody = {person.citizen_id.encode() for person in world.people}
    return [
        name
        for name, content in files.items()
        if name.startswith(PUBLISHED) and everybody.intersection(_CITIZEN_ID.findall(content))
    ]


def _verdict(text: str) -> str:
    """The verdict in Chinese: the report's last word."""
    words = {"valid": "有效", "invalid": "无效", "indeterminate": "无法确定"}
    lines = text.split()
    return words.get(lines[-1], "没有答复") if lines else "没有答复"
