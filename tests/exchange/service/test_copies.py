"""加注件: made for one purpose, downloaded once, checked by its code, ended by its holder, its day or its original."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from certs.copies.errors import CopyTermsRefused
from certs.copies.terms import MAX_DAYS, copy_in_ofd
from certs.evidence.entry import Entry
from certs.evidence.trust import TRUST_LIST_ROLE, decode_trust
from certs.model import FaceKind, Reason, State, Verdict
from certs.ofd.reading import read_ofd
from certs.ofd.verify import verify_ofd
from certs.pdf.signing_check import check_sealed_pdf
from certs.trust import parse_trust_bundle
from certs.verifier.documents import Believed, verify_document
from certs.verifier.model import DocumentReport
from exchange.errors import (
    CertificateNotHeldError,
    CopyCodeUnknownError,
    CopyFormatError,
    CopyGoneError,
    CopyLimitError,
    CopyNotFoundError,
    ExchangeError,
    NotAllowedError,
    RequestReusedError,
    SealUnavailableError,
    TooManyMissesError,
)
from exchange.model import Use
from exchange.service.copies import MISS_LIMIT, PER_DAY, latest_day
from tests.certs.layout.samples import certificate_of_type
from tests.support.city import City
from tests.support.copies import DAY, built_town, handed_out, made, town, wish

__all__ = ["built_town", "town"]

BANK = "203.0.113.7"


async def count(city: City, sql: str) -> int:
    async with city.app.reads() as conn:
        return int((await conn.execute(text(sql))).scalar_one())


async def state(city: City, code: str) -> str:
    return (await city.app.documents.copies.check(code, address=BANK)).state


async def test_a_copy_is_sealed_by_the_issuer_for_one_purpose_and_traced_to_its_original(town: City) -> None:
    identifier = await town.identifier("marriage")
    copy, file = await handed_out(town, "marriage")
    certificate, terms = copy_in_ofd(read_ofd(file.data))
    assert certificate == (await town.on_file(identifier)).certificate
    assert str(terms.original) == copy.identifier == identifier
    assert (terms.purpose, terms.recipient, terms.valid_until, terms.code) == (
        "申请住房贷款",
        "339900测试银行",
        DAY,
        copy.code,
    )
    trust = (await town.app.trust.bundle()).documents.seal_trust()
    assert verify_ofd(file.data, trust, at=town.clock()).report.verdict is Verdict.VALID
    assert (file.media_type, file.filename.endswith(".ofd")) == ("application/ofd", True)
    assert (copy.state, copy.drop_at) == ("in-force", None)
    (use,) = [e for e in await town.entries("seal:used") if e.detail["documents"] == 1]
    assert use.department == certificate.issuer_code


async def test_a_pdf_copy_is_downloaded_alike(town: City) -> None:
    _, file = await handed_out(town, format=FaceKind.PDF)
    assert check_sealed_pdf(file.data).signed.certificates
    assert (file.media_type, file.filename.endswith(".pdf")) == ("application/pdf", True)


async def test_of_a_thousand_parallel_downloads_one_gets_the_file(town: City) -> None:
    copy, copies = await made(town), town.app.documents.copies

    async def attempt() -> object:
        try:
            return await copies.download(town.citizen(), copy.id)
        except ExchangeError as error:
            return error

    results = await asyncio.gather(*(attempt() for _ in range(1000)))
    assert Counter(type(r).__name__ for r in results) == {"CopyFile": 1, "CopyGoneError": 999}
    assert len(await town.entries("copy:downloaded")) == 1
    assert await count(town, "SELECT count(*) FROM exchange_copy_file") == 0


async def test_until_it_is_downloaded_it_lies_encrypted_and_nobody_outside_knows_it(town: City) -> None:
    copy = await made(town)
    async with town.app.reads() as conn:
        lying = bytes((await conn.execute(text("SELECT sealed FROM exchange_copy_file"))).scalar_one())
    assert b"PK" not in lying[:40]
    assert b"OFD.xml" not in lying
    with pytest.raises(CopyCodeUnknownError):
        await town.app.documents.copies.check(copy.code, address=BANK)
    assert copy.state == "waiting"


async def test_what_nobody_downloads_within_a_day_is_dropped(town: City) -> None:
    copies, copy = town.app.documents.copies, await made(town)
    assert await copies.drop_unclaimed() == 0
    town.clock.forward(hours=24)
    with pytest.raises(CopyGoneError):
        await copies.download(town.citizen(), copy.id)
    assert (await copies.get(town.citizen(), copy.id)).state == "lapsed"
    assert await copies.drop_unclaimed() == 1
    assert await copies.drop_unclaimed() == 0
    assert await count(town, "SELECT count(*) FROM exchange_copy_file") == 0
    assert len(await town.entries("copy:lapsed")) == 1
    with pytest.raises(CopyCodeUnknownError):
        await copies.check(copy.code, address=BANK)


async def test_the_check_says_what_it_is_and_nobodys_data(town: City) -> None:
    copy, _ = await handed_out(town, "marriage")
    check = await town.app.documents.copies.check(copy.code.lower().replace("-", " "), address=BANK)
    assert (check.name_zh, check.purpose, check.matter, check.recipient, check.valid_until, check.state) == (
        "结婚证",
        "申请住房贷款",
        "个人住房贷款审批",
        "339900测试银行",
        DAY,
        "in-force",
    )
    on_file = await town.on_file(copy.identifier)
    said = repr(check)
    for holder in on_file.certificate.holders:
        assert holder.name not in said
        assert holder.code not in said
    assert on_file.certificate.number not in said
    assert copy.identifier not in said


async def test_a_copy_ends_with_its_day_in_china(town: City) -> None:
    copy, _ = await handed_out(town)
    town.clock.at = datetime(2026, 12, 22, 15, 59, 59, tzinfo=UTC)
    assert await state(town, copy.code) == "in-force"
    town.clock.at = datetime(2026, 12, 22, 16, 0, tzinfo=UTC)
    assert await state(town, copy.code) == "expired"


async def test_a_copy_ends_when_its_holder_says_so(town: City) -> None:
    copies, (copy, file) = town.app.documents.copies, await handed_out(town)
    assert (await copies.withdraw(town.citizen(), copy.id)).state == "withdrawn"
    assert (await copies.withdraw(town.citizen(), copy.id)).state == "withdrawn"
    assert len(await town.entries("copy:withdrawn")) == 1
    assert await state(town, copy.code) == "withdrawn"
    held = await copies.compare(copy.code, file.data, address=BANK)
    assert (held.same, held.verdict) == (True, "invalid")


async def test_who_verifies_offline_learns_of_a_withdrawal_from_the_next_trust_list(town: City) -> None:
    trust, (copy, file) = town.app.trust, await handed_out(town)

    async def offline() -> DocumentReport:
        published = await trust.publish()
        resolve = decode_trust(published.keys).keys.resolver(at=town.clock(), role=TRUST_LIST_ROLE)
        believed = Believed(parse_trust_bundle(published.trust, resolve))
        return verify_document(file.data, believed, at=town.clock())

    assert (await offline()).verdict is Verdict.VALID
    await town.app.documents.copies.withdraw(town.citizen(), copy.id)
    report = await offline()
    assert (report.verdict, report.steps[-1].code) == (Verdict.INVALID, "copy-withdrawn")


async def test_a_copy_withdrawn_before_it_is_downloaded_is_gone(town: City) -> None:
    copies, copy = town.app.documents.copies, await made(town)
    await copies.withdraw(town.citizen(), copy.id)
    with pytest.raises(CopyGoneError):
        await copies.download(town.citizen(), copy.id)
    assert await count(town, "SELECT count(*) FROM exchange_copy_file") == 0


async def test_of_downloading_and_withdrawing_at_once_each_leaves_a_sound_copy(town: City) -> None:
    copies = town.app.documents.copies
    for _ in range(5):
        copy = await made(town)
        who = town.citizen()
        await asyncio.gather(copies.download(who, copy.id), copies.withdraw(who, copy.id), return_exceptions=True)
        after = await copies.get(town.citizen(), copy.id)
        assert (after.state, after.drop_at) == ("withdrawn", None)


async def test_withdrawn_or_checked_twice_at_once_is_done_once(town: City) -> None:
    copies = town.app.documents.copies
    copy, _ = await handed_out(town)
    checks = await asyncio.gather(*(copies.check(copy.code, address="203.0.113.7") for _ in range(8)))
    assert {check.state for check in checks} == {"in-force"}
    assert len(await town.entries("copy:checked")) == 1
    ends = await asyncio.gather(*(copies.withdraw(town.citizen(), copy.id) for _ in range(8)))
    assert {view.state for view in ends} == {"withdrawn"}
    assert len(await town.entries("copy:withdrawn")) == 1


@pytest.mark.parametrize(
    ("end", "reason"), [(State.SUSPENDED, Reason.INVESTIGATION), (State.VOIDED, Reason.ISSUED_BY_MISTAKE)]
)
async def test_a_copy_ends_with_its_original(town: City, end: State, reason: Reason) -> None:
    copy, _ = await handed_out(town)
    await town.decide(copy.identifier, end, reason)
    assert await state(town, copy.code) == "original-ended"
    with pytest.raises(CertificateNotHeldError):
        await made(town, "household")


async def test_a_file_is_held_against_the_record(town: City) -> None:
    copies, (copy, file) = town.app.documents.copies, await handed_out(town)
    other, other_file = await handed_out(town, purpose="入学报名")
    good = await copies.compare(copy.code, file.data, address=BANK)
    assert (good.same, good.verdict) == (True, good.report.verdict)
    assert good.verdict == "valid", [s for s in good.report.steps if s.outcome != "pass"]
    for foreign in (other_file.data, file.data + b"\0", file.data[:-1], b"", b"%PDF-1.7"):
        found = await copies.compare(copy.code, foreign, address=BANK)
        assert (found.same, found.verdict) == (False, "invalid")
    assert (await copies.compare(other.code, other_file.data, address=BANK)).verdict == "valid"


async def test_wrong_codes_are_answered_alike_and_counted_by_address(town: City) -> None:
    copies, (copy, _) = town.app.documents.copies, await handed_out(town)
    wrong = ["", "x", copy.code[:-1], "0000-" * 6 + "0000", copy.identifier, "号" * 40]
    for n in range(MISS_LIMIT):
        with pytest.raises(CopyCodeUnknownError):
            await copies.check(wrong[n % len(wrong)], address=BANK)
    with pytest.raises(TooManyMissesError):
        await copies.check(copy.code, address=BANK)
    assert (await copies.check(copy.code, address="203.0.113.8")).state == "in-force"
    town.clock.forward(minutes=16)
    assert await state(town, copy.code) == "in-force"
    assert len(await town.entries("copy:code-missed")) == MISS_LIMIT


async def test_downloads_and_checks_stand_in_the_holders_log_and_not_every_reload(town: City) -> None:
    copy, _ = await handed_out(town)
    for _ in range(5):
        await state(town, copy.code)
    town.clock.forward(minutes=2)
    await state(town, copy.code)
    rows = await town.app.certificates.uses(town.citizen())
    assert [row.use for row in rows[:3]] == [Use.COPY_CHECKED, Use.COPY_CHECKED, Use.COPY_DOWNLOADED]
    assert {(row.officer, row.recipient, row.purpose, row.what) for row in rows[:3]} == {
        ("", "339900测试银行", "申请住房贷款", copy.identifier)
    }
    assert "citizen_id" in rows[2].fields
    assert (await town.app.documents.copies.mine(town.citizen()))[0].checked_at is not None


async def test_the_log_holds_no_terms_and_no_persons(town: City) -> None:
    copy, _ = await handed_out(town)
    await state(town, copy.code)
    await town.app.documents.copies.withdraw(town.citizen(), copy.id)
    entries: list[Entry] = [e for e in await town.entries() if e.kind.startswith("copy:")]
    assert {e.kind for e in entries} == {"copy:made", "copy:downloaded", "copy:checked", "copy:withdrawn"}
    for entry in entries:
        body = entry.body.decode()
        assert entry.detail["digest"]
        for secret in (copy.purpose, copy.matter, copy.recipient, copy.code, town.hero):
            assert secret not in body


async def test_nobody_else_touches_a_copy(town: City) -> None:
    copies, copy = town.app.documents.copies, await made(town)
    other = town.citizen(town.world.hero.spouse_id)
    for act in (copies.get, copies.download, copies.withdraw):
        with pytest.raises(CopyNotFoundError):
            await act(other, copy.id)
        with pytest.raises(CopyNotFoundError):
            await act(town.citizen(), uuid4())
        for role in (town.clerk(), town.auditor()):
            with pytest.raises(NotAllowedError):
                await act(role, copy.id)
    assert await copies.mine(other) == ()
    with pytest.raises(CertificateNotHeldError):
        await copies.make(other, wish(await town.identifier("household")), key=None)
    with pytest.raises(NotAllowedError):
        await copies.make(town.clerk(), wish(await town.identifier("household")), key=None)
    assert (await copies.download(town.citizen(), copy.id)).data


async def test_both_spouses_make_copies_of_their_certificate_and_see_their_own(town: City) -> None:
    spouse = town.citizen(town.world.hero.spouse_id)
    mine, theirs = await made(town, "marriage"), await made(town, "marriage", by=spouse)
    assert mine.identifier == theirs.identifier
    copies = town.app.documents.copies
    assert [c.id for c in await copies.mine(spouse)] == [theirs.id]
    with pytest.raises(CopyNotFoundError):
        await copies.get(spouse, mine.id)


async def test_one_key_makes_one_copy_whoever_repeats_it(town: City) -> None:
    copies, identifier = town.app.documents.copies, await town.identifier("marriage")
    key = uuid4().hex
    first, *again = await asyncio.gather(*(copies.make(town.citizen(), wish(identifier), key=key) for _ in range(5)))
    assert {c.id for c in again} == {first.id}
    assert await count(town, "SELECT count(*) FROM exchange_copy") == 1
    assert len(await town.entries("copy:made")) == 1
    with pytest.raises(RequestReusedError):
        await copies.make(town.citizen(), wish(identifier, purpose="入学报名"), key=key)
    spouse = town.citizen(town.world.hero.spouse_id)
    assert (await copies.make(spouse, wish(identifier), key=key)).id != first.id


@pytest.mark.parametrize(
    ("changed", "where", "reason"),
    [
        ({"purpose": ""}, "purpose", "empty"),
        ({"matter": "事" * 41}, "matter", "too-long"),
        ({"recipient": "某行\U00031350"}, "recipient", "not-printable"),
        ({"valid_until": date(2026, 11, 21)}, "valid_until", "not-in-term"),
        ({"valid_until": date(2026, 11, 22) + timedelta(days=MAX_DAYS + 1)}, "valid_until", "not-in-term"),
    ],
)
async def test_terms_that_cannot_be_make_nothing(town: City, changed: dict[str, Any], where: str, reason: str) -> None:
    with pytest.raises(CopyTermsRefused) as refused:
        await made(town, **changed)
    assert (refused.value.where, refused.value.reason) == (where, reason)
    assert await count(town, "SELECT count(*) FROM exchange_copy") == 0


async def test_only_documents_are_copied(town: City) -> None:
    for other in (FaceKind.SD_JWT, FaceKind.JSON, FaceKind.QR):
        with pytest.raises(CopyFormatError):
            await made(town, format=other)


async def test_the_form_offers_thirty_days_and_knows_the_last_one(town: City) -> None:
    offer = await town.app.documents.copies.offer(town.citizen(), await town.identifier("household"))
    assert (offer.default_until, offer.latest_until) == (DAY, date(2026, 11, 22) + timedelta(days=MAX_DAYS))
    (copy,) = [await made(town)]
    assert copy.valid_until == offer.default_until


def test_a_copy_never_outlives_its_original() -> None:
    original = certificate_of_type("food_licence", valid_until="2026-12-01")
    assert original.valid_until == date(2026, 12, 1)
    assert latest_day(original, date(2026, 11, 22)) == date(2026, 12, 1)
    assert latest_day(original, date(2026, 1, 1)) == date(2026, 1, 1) + timedelta(days=MAX_DAYS)


async def test_a_person_makes_so_many_copies_a_day_and_no_more(town: City) -> None:
    for _ in range(PER_DAY):
        await made(town)
    with pytest.raises(CopyLimitError):
        await made(town)
    town.clock.forward(days=1)
    assert (await made(town)).state == "waiting"


async def test_without_a_seal_nothing_is_made(city: City) -> None:
    with pytest.raises(SealUnavailableError):
        await made(city)
    assert await count(city, "SELECT count(*) FROM exchange_copy") == 0
