"""The last act: an auditor exports the evidence of a case and proves every step on a computer without a network."""

import asyncio
import tempfile
from pathlib import Path

from exchange.demo.acts import Memory
from exchange.demo.narration import Narration
from exchange.demo.offline import verify_offline
from exchange.demo.stage import Stage


async def audit(stage: Stage, say: Narration, memory: Memory) -> None:
    """Export, verify offline, and show that a single flipped bit does not pass."""
    say.act(
        "审计：导出证据包，断网核验", "The auditor exports an evidence bundle and verifies it with networking blocked"
    )
    auditor = await stage.logged_in("auditor")
    for event_id, receipt in memory.receipts.items():
        memory.artefacts.add(f"receipts/{event_id}.jwt", receipt)
        memory.artefacts.add(f"proofs/{event_id}.tlog-proof", await stage.proof(event_id))
        entry = (await auditor.get(f"/api/v1/log/events/{event_id}")).body
        memory.artefacts.add(f"entries/{event_id}.json", entry["body"])
    exported = await auditor.get(f"/api/v1/cases/{memory.case}/evidence")
    say.check(exported.status == 200, f"evidence bundle of case {memory.case}: {len(exported.body)} bytes")
    memory.artefacts.add("bundle.zip", exported.body)
    memory.artefacts.add_published(await stage.app.trust.publish())
    await memory.artefacts.add_log(stage)
    with tempfile.TemporaryDirectory(prefix="yzt-auditor-") as name:
        directory = Path(name)
        await asyncio.to_thread(memory.artefacts.write, directory)
        await asyncio.to_thread(_verify_everything, directory, say, memory)


def _verify_everything(directory: Path, say: Narration, memory: Memory) -> None:
    keys = ["--trust", str(directory / "trust" / "keys.json")]
    bundle = directory / "bundle.zip"
    code, text = verify_offline(["verify-bundle", str(bundle), *keys, "--at", memory.case_used_at])
    say.check(code == 0, f"bundle as of the day it was used: {_last_line(text)}")
    code, text = verify_offline(["verify-bundle", str(bundle), *keys])
    say.check(code == 1 and "status-superseded" in text, "as of now it says that a certificate was superseded since")
    good = 0
    for event_id in memory.receipts:
        proof, entry = directory / f"proofs/{event_id}.tlog-proof", directory / f"entries/{event_id}.json"
        receipt = directory / f"receipts/{event_id}.jwt"
        good += verify_offline(["verify-proof", str(proof), str(entry), *keys, "--receipt", str(receipt)])[0] == 0
    say.check(
        good == len(memory.receipts), f"{good} of {len(memory.receipts)} receipts kept: each entry is in the tree"
    )
    code, text = verify_offline(["audit-log", str(directory / "log"), *keys])
    say.check(code == 0, f"the whole log rebuilt from its tiles: {_last_line(text)}")
    spoilt = bytearray(bundle.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    bundle.write_bytes(spoilt)
    code, _ = verify_offline(["verify-bundle", str(bundle), *keys, "--at", memory.case_used_at])
    say.check(code == 1, "one flipped bit: refused")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no answer"
