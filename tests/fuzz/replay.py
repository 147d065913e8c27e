"""Try kept inputs again, one by one, without the engine: `python -m tests.fuzz.replay TARGET FILE…`."""

import sys
from pathlib import Path

from tests.fuzz.target import survives
from tests.fuzz.targets import TARGETS


def main(arguments: list[str]) -> None:
    """Say for each file whether it is accepted or refused; whatever else happens is shown as it is."""
    name, *files = arguments
    target = TARGETS[name]()
    for file in files:
        print(file, "accepted" if survives(target, Path(file).read_bytes()) else "refused")  # noqa: T201 - its output


if __name__ == "__main__":
    main(sys.argv[1:])
