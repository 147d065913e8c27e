"""What `yzt verify` gathers from many files, and the report it writes."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from certs.crypto.ports import Signer
from certs.crypto.strict_json import canonical
from certs.model import Verdict
from certs.offline.report import EXIT_CODES
from certs.verifier.batch import Done
from certs.verifier.readable import plain, readable
from certs.verifier.signed import FULL, Head, Item, report_document, sign_report
from exchange.cli.session import Exit

_SEVERITY = (Exit.IO, Exit.REFUSED, Exit.INDETERMINATE, Exit.DONE)


@dataclass(slots=True)
class Collected:
    """Results in order, with memory for many: beyond the first hundred only the deciding step of a file is kept."""

    items: list[Item] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def add(self, done: Done) -> None:
        """Take one result."""
        if done.report is None:
            error = done.unreadable
            self.unreadable.append((done.name, (error.strerror or str(error)) if error else "not readable"))
            return
        report = done.report
        if len(self.items) >= FULL:
            deciding = () if report.deciding is None else (report.deciding,)
            named = {key: report.claims[key] for key in ("identifier",) if key in report.claims}
            report = replace(report, steps=deciding, claims=named)
        self.items.append(Item(done.name, report))

    def count(self, verdict: Verdict) -> int:
        """How many files got this verdict."""
        return sum(item.report.verdict is verdict for item in self.items)

    @property
    def exit_code(self) -> int:
        """The worst: unreadable 4, invalid 1, indeterminate 2, valid 0; nothing at all is wrong usage."""
        found = {EXIT_CODES[item.report.verdict] for item in self.items} | ({Exit.IO} if self.unreadable else set())
        return next((code for code in _SEVERITY if code in found), Exit.USAGE)


def write_report(out: Path, collected: Collected, head: Head, signer: Signer | None) -> None:
    """Write the report: readable for `.html` and `.txt`, else JSON, signed (JWS) when there is a signer.

    Raises OSError.
    """
    document = report_document(head, collected.items)
    if out.suffix in {".html", ".htm"}:
        data = readable(document, signed_by=signer.kid if signer else "").encode()
    elif out.suffix == ".txt":
        data = plain(document).encode()
    else:
        data = canonical(document) if signer is None else sign_report(document, signer).encode()
    out.write_bytes(data)
