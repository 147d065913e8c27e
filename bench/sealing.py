"""Sealed documents against the same pages without a seal, and beside them the path most Python projects take."""

from collections.abc import Callable
from io import BytesIO

import pikepdf

from bench.papers import LATER, Department, Paper, Papers, department, plain_ofd, plain_pdf
from bench.rounds import Fed, Options, Pairs, Result, cpu_ratio, in_turns, side_by_side
from bench.usual import UsualPath
from certs.model import Verdict
from certs.ofd.verify import verify_ofd
from certs.pdf.signing_check import check_sealed_pdf

COUNT, FEW, ROUNDS = 18, 6, 41  # short turns, many of them: other work on the machine hits both sides alike
USUAL_COUNT = 1  # it takes a sixth of a second
BAR = 0.5


def sealed_ofd(options: Options) -> list[Result]:
    """From a certificate to a sealed OFD, against a certificate to an OFD."""
    who, papers, rounds = department(), Papers(), options.rounds_or(ROUNDS)
    floor, measured = (Fed(work, papers.take, options.rows_or(COUNT, FEW)) for work in (plain_ofd, who.ofd))
    pairs = side_by_side(floor, measured, rounds)
    last = who.ofd(papers.take(1)[0])
    if verify_ofd(last, who.trust, at=LATER).report.verdict is not Verdict.VALID:
        raise RuntimeError("the sealed OFD does not verify")
    return [
        pairs.result(
            name="sealed-ofd",
            what="certificates to OFD sealed with SM2 (GB/T 38540), six types in turn",
            against="the same pages written as OFD without a seal",
            unit="1/s",
            bar=BAR,
            detail={
                "cpu_ratio": cpu_ratio(floor, measured, rounds),
                "bytes": len(last),
            },
        )
    ]


def sealed_pdf(options: Options) -> list[Result]:
    """From a certificate to a sealed PDF/A, against a certificate to a PDF/A, and against WeasyPrint with pyHanko."""
    who, papers, rounds = department(), Papers(), options.rounds_or(ROUNDS)
    floor, measured = (Fed(work, papers.take, options.rows_or(COUNT, FEW)) for work in (plain_pdf, who.pdf))
    sides: dict[str, Callable[[], float]] = {"floor": floor, "measured": measured}
    usual = _usual(who)
    if usual:
        sides["usual"] = Fed(usual, papers.take, USUAL_COUNT)
    found = in_turns(sides, rounds)
    last = who.pdf(papers.take(1)[0])
    check_sealed_pdf(last)
    results = [
        Pairs(found["floor"], found["measured"]).result(
            name="sealed-pdf",
            what="certificates to PDF/A-4f sealed with P-256 (PAdES B-B), six types in turn",
            against="the same pages drawn as PDF/A-4f without a seal",
            unit="1/s",
            bar=BAR,
            detail={"cpu_ratio": cpu_ratio(floor, measured, rounds), "bytes": len(last)},
        )
    ]
    if usual:
        results.append(_beside(Pairs(found["usual"], found["measured"]), usual(papers.take(1)[0])))
    return results


def _usual(who: Department) -> Callable[[Paper], bytes] | None:
    """None where the system has no Pango, without which WeasyPrint cannot be imported."""
    try:
        return UsualPath(who)
    except OSError:
        return None


def _beside(pairs: Pairs, sample: bytes) -> Result:
    with pikepdf.open(BytesIO(sample)) as pdf:
        if pdf.Root.AcroForm.Fields[0].V.SubFilter != "/ETSI.CAdES.detached":
            raise RuntimeError("the other path did not seal")
    return pairs.result(
        name="sealed-pdf-usual",
        what="the same sealed PDFs, our way",
        against="WeasyPrint (pdf/a-3b) + pyHanko's default PAdES B-B, same fields, fonts and key",
        unit="1/s",
        detail={"bytes": len(sample)},
    )
