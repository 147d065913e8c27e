"""The story of `yzt demo`, from an empty directory to an auditor's proof; ends with 0 only if every claim held."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from exchange.demo import acts
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
    acts.present_by_code,
    acts.nothing_to_hand_in,
    acts.hand_in_once,
    acts.source_changes,
    acts.citizen_looks,
    audit,
)


def play(*, out: Path | None, stay: bool, port: int) -> int:
    """Play the story; returns the exit code. With `stay` the hub serves its pages until interrupted."""
    say = Narration(Console())
    try:
        asyncio.run(_play(say, out, stay=stay, port=port or free_port()))
    except KeyboardInterrupt:
        say.tell("再见 Goodbye")
    return 0 if say.held else 1


async def _play(say: Narration, out: Path | None, *, stay: bool, port: int) -> None:
    memory = acts.Memory()
    say.console.print("[bold]一证通 Yizhengtong[/bold]  合成数据，区划代码 339900  synthetic data only")
    async with set_stage(port) as stage:
        people, firms = len(stage.world.people), len(stage.world.firms)
        say.tell(f"{people} people, {firms} firms, 4 department systems, hub at {stage.base}")
        for act in ACTS:
            await act(stage, say, memory)
        if out is not None:
            await asyncio.to_thread(memory.artefacts.write, out)
            say.tell(f"artefacts: {out}")
        _conclude(say)
        if stay:
            _invite(stage, say)
            await asyncio.Event().wait()


def _conclude(say: Narration) -> None:
    if say.held:
        say.console.print("\n[bold green]✓ 全部核验通过 everything verified[/bold green]")
    else:
        say.console.print(f"\n[bold red]✗ {len(say.failures)} 项未通过 did not hold[/bold red]")


def _invite(stage: Stage, say: Narration) -> None:
    say.console.print(f"\n[bold]{stage.base}[/bold]  页面与演示账号 pages and demo log-ins (Ctrl-C ends)")
    for username, (password, what) in stage.cast.logins.items():
        say.tell(f"{what:<24} {username:<12} {password}")
