"""One target in one process under atheris (libFuzzer): `python -m tests.fuzz.engine TARGET CORPUS [libFuzzer flags]`.

The first input that ends in anything but a refusal stops the process; libFuzzer keeps it beside the corpus. Time and
memory per input are libFuzzer's own limits (-timeout, -rss_limit_mb).
"""

import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # ships no types

INSTRUMENTED = ["certs"]


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer's limits are reached."""
    name, corpus, *flags = arguments
    with atheris.instrument_imports(include=INSTRUMENTED):
        targets = import_module("tests.fuzz.targets")
    target = targets.TARGETS[name]()
    survives = import_module("tests.fuzz.target").survives
    directory = Path(corpus)
    directory.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (directory / sha256(seed).hexdigest()[:20]).write_bytes(seed)
    words = directory.with_suffix(".words")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in (b"\0\0", *target.words)), "ascii")  # never empty
    fixed = [f"-dict={words}", f"-max_len={target.max_bytes}", f"-artifact_prefix={directory}.found-"]

    def one(data: bytes) -> None:
        survives(target, data)

    atheris.Setup([sys.argv[0], *fixed, *flags, corpus], one)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in word)


if __name__ == "__main__":
    main(sys.argv[1:])
