"""`python -m certs`: verify evidence offline. Exit codes: 0 valid, 1 invalid, 2 indeterminate, 3 usage, 4 I/O."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from certs.crypto.strict_json import canonical
from certs.evidence.archive import MAX_ARCHIVE_BYTES
from certs.offline.check_bundle import verify_bundle
from certs.offline.check_log import audit_log, verify_one_proof
from certs.offline.report import EXIT_IO, EXIT_USAGE, Report


class _Parser(argparse.ArgumentParser):
    """argparse leaves with 2 on wrong usage; here 2 means indeterminate."""

    def error(self, message: str) -> NoReturn:
        """Leave with 3."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        report = _run(chosen)
    except OSError as error:
        sys.stderr.write(f"{error.filename or ''}: {error.strerror or error}\n")
        return EXIT_IO
    if chosen.json:
        sys.stdout.write(canonical(report.to_json()).decode() + "\n")
    else:
        sys.stdout.write(report.to_text())
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m certs", description="Verify evidence offline.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    bundle = commands.add_parser("verify-bundle", help="an evidence bundle")
    bundle.add_argument("file", type=Path)
    source = bundle.add_mutually_exclusive_group(required=True)
    source.add_argument("--trust", type=Path, help="trust file, obtained another way than the bundle")
    source.add_argument("--trust-embedded", action="store_true", help="believe the keys inside the bundle")
    bundle.add_argument("--at", type=_instant, help="time for which certificates are judged (default: now)")
    proof = commands.add_parser("verify-proof", help="one tlog-proof and its entry")
    proof.add_argument("file", type=Path)
    proof.add_argument("entry", type=Path)
    proof.add_argument("--receipt", type=Path)
    log = commands.add_parser("audit-log", help="a directory of tiles")
    log.add_argument("directory", type=Path)
    log.add_argument("--earlier", type=Path, help="a checkpoint kept from before: it must be a prefix")
    for command in (proof, log):
        command.add_argument("--trust", type=Path, required=True, help="trust file")
    for command in (bundle, proof, log):
        command.add_argument("--json", action="store_true", help="machine-readable report")
    return parser


def _run(chosen: argparse.Namespace) -> Report:
    trust = None if chosen.trust is None else _read(chosen.trust)
    if chosen.command == "verify-bundle":
        at = chosen.at or datetime.now(UTC)  # noqa: TID251 - a command line is where the clock enters
        return verify_bundle(_read(chosen.file), trust, at=at, subject=str(chosen.file))
    if chosen.command == "verify-proof":
        receipt = None if chosen.receipt is None else _text(chosen.receipt)
        return verify_one_proof(_text(chosen.file), _read(chosen.entry), trust or b"", receipt=receipt)
    earlier = None if chosen.earlier is None else _text(chosen.earlier)
    if not chosen.directory.is_dir():
        raise NotADirectoryError(20, "not a directory", str(chosen.directory))
    return audit_log(chosen.directory, trust or b"", earlier=earlier)


def _read(path: Path) -> bytes:
    """One byte more than any bundle may have is enough to refuse a larger one."""
    with path.open("rb") as file:
        return file.read(MAX_ARCHIVE_BYTES + 1)


def _text(path: Path) -> str:
    return _read(path).decode("utf-8", "replace")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-11-22T08:00:00+08:00")
    return at


if __name__ == "__main__":
    sys.exit(main())
