"""The story of `yzt demo`, from an empty directory to an auditor's proof; ends with 0 only if every claim held."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exchange.demo import acts, sealing_acts
from exchange.demo.audit_act import audit
from exchange.demo.narration import Narration
from exchange.demo.stage import Stage, free_port, set_stage

Act = Callable[[Stage, Narration, acts.Memory], Awaitable[None]]
ACTS: tuple[Act, ...] = (
    acts.pull_everything,
    acts.pull_changes,
    acts.publish_catalogue,
    acts.query_for_a_case,
    acts.issue_in_bulk,
    sealing_acts.take_seals_into_use,
    sealing_acts.seal_documents,
    acts.present_by_code,
    acts.nothing_to_hand_in,
    acts.demand_again,
    acts.hand_in_once,
    sealing_acts.copy_for_a_purpose,
    acts.source_changes,
    acts.citizen_looks,
    audit,
)


def play(*, out: Path | None, stay: bool, port: int) -> int:
    """Play the story; returns the exit code. With `stay` the hub serves its pages until interrupted."""
    say = Narration(Console(), Console(stderr=True))
    # told to stop is as Ctrl-C: servers are stopped and the directory is removed
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    try:
        asyncio.run(_play(say, out, stay=stay, port=port or free_port()))
    except KeyboardInterrupt:
        say.tell("再见 Goodbye")
    return 0 if say.held else 1


async def _play(say: Narration, out: Path | None, *, stay: bool, port: int) -> None:
    memory = acts.Memory()
    say.console.print(Text("一证通 Yizhengtong", style="bold"))
    say.tell("全部数据均为合成，区划代码 339900", "synthetic data only")
    async with AsyncExitStack() as stack:
        with say.working("搭建四个部门系统与枢纽 setting up four departments and the hub …"):
            stage = await stack.enter_async_context(set_stage(port))
        people, firms = len(stage.world.people), len(stage.world.firms)
        say.tell(f"{people} 人，{firms} 家企业，4 个部门系统", f"{people} people, {firms} firms, 4 departments")
        for act in ACTS:
            await act(stage, say, memory)
        say.console.print()
        if out is not None:
            await asyncio.to_thread(memory.artefacts.write, out)
            say.tell(f"{len(memory.artefacts.files)} 个文件写入 {out}", f"see {out / 'README.md'}")
        _conclude(say)
        if stay:
            _invite(stage, say)
            await asyncio.Event().wait()


def _conclude(say: Narration) -> None:
    if say.held:
        say.check(True, "全部核验通过", "everything verified")
        return
    failed = len(say.failures)
    say.console.print(Text(f"  ✗ {failed} 项未通过  {failed} claims did not hold", style="bold red"))


def _invite(stage: Stage, say: Narration) -> None:
    """Where the pages are and who may log in; the passwords are of this run only."""
    say.console.print()
    say.tell(f"页面 {stage.base}", "the pages; Ctrl-C ends")
    table = Table.grid(padding=(0, 2))
    for username, (password, what) in stage.cast.logins.items():
        table.add_row("  ", what, username, password)
    say.console.print(table, highlight=False)
