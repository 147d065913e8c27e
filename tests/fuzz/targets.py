"""All targets by name, and one that is all of them at once for a bounded run."""

from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.forgeries import FORGERIES
from tests.fuzz.readers import READERS
from tests.fuzz.rightful import RIGHTFUL
from tests.fuzz.target import MAX_BYTES, Target, Targets

EACH: Targets = {**READERS, **DOCUMENTS, **FORGERIES, **RIGHTFUL}
_NAMES = sorted(EACH)


def _together() -> Target:
    """The first byte chooses the target, the rest is its input. Large seeds stay out: a short run needs many."""
    made = {name: EACH[name]() for name in _NAMES}
    seeds = [
        bytes([number]) + seed
        for number, name in enumerate(_NAMES)
        for seed in made[name].seeds()
        if len(seed) <= MAX_BYTES // 8
    ]
    words = tuple(dict.fromkeys(word for target in made.values() for word in target.words))

    def read(data: bytes) -> None:
        if data:
            made[_NAMES[data[0] % len(_NAMES)]].read(data[1:])

    return Target(read, lambda: seeds, words, MAX_BYTES // 4)


TARGETS: Targets = {**EACH, "all": _together}
