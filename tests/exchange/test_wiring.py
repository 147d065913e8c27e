"""The hub opens, says it is well, and refuses to open when it cannot be trusted."""

from exchange.app import App


async def test_a_new_hub_is_healthy_and_its_log_holds_its_first_keys(hub: App) -> None:
    assert (await hub.operations.health()).ok
    assert (await hub.sequencer.sequence_once()).sequenced == 5
    assert (await hub.evidence.head()).size == 5
