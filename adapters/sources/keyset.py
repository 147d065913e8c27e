"""Reading in key order, so that a read can continue behind a key after it was killed."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from adapters.ports import Chunk

KEYLESS_MAX = 100_000


def whole_keys(frames: Iterable[pl.DataFrame], keys: Sequence[str]) -> Iterator[Chunk]:
    """Chunks that end where a key ends. `frames` hold String columns in key order.

    The rows of the last key of a frame wait for the next one: its doubles may still be to come, and a resume
    behind that key would lose them.
    """
    held: pl.DataFrame | None = None
    for frame in frames:
        if held is None:
            held = frame
            continue
        last = held.row(-1, named=True)
        is_last = pl.all_horizontal([pl.col(name).eq_missing(pl.lit(last[name], pl.String)) for name in keys])
        ready, rest = held.filter(~is_last), held.filter(is_last)
        if ready.height:
            yield Chunk(ready, _after(ready, keys))
        held = pl.concat([rest, frame])
    if held is not None and held.height:
        yield Chunk(held, _after(held, keys))


def _after(frame: pl.DataFrame, keys: Sequence[str]) -> dict[str, object]:
    last = frame.row(-1, named=True)
    return {"after": [last[name] for name in keys]}
