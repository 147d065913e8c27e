import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from certs.errors import IssueRefused, IssuerNotEntitled, TicketAlreadyRedeemed
from certs.errors.layout import GlyphMissing, LayoutOverflow
from certs.face_values import ValueRefused, is_citizen_id, printed
from certs.identifiers import parse
from certs.issue import Ticket, decide, prepare, redeem, reopen
from certs.model import Certificate, StatusRef, day_begins, day_ends, law_day
from certs.type_catalogue import Format
from tests.certs.world import NOW, SLUGS, STATUS_URI, TYPES, World, issuer_of, kind_of, record_of

SERIAL = "00000000000000000ABC"


def decided(slug: str, now: datetime = NOW, **changed: object) -> Certificate:
    return decide(kind_of(slug), record_of(slug, "k1", **changed), issuer_of(slug), now=now, serial=SERIAL)


def ticket_for(slug: str) -> Ticket:
    return prepare(
        kind_of(slug),
        record_of(slug),
        issuer_of(slug),
        now=NOW,
        serial=SERIAL,
        status=StatusRef(STATUS_URI, 3),
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_a_good_record_becomes_a_certificate(slug: str) -> None:
    made = decided(slug)
    assert parse(str(made.identifier)).type_code == kind_of(slug).code
    assert made.name == kind_of(slug).zh
    assert made.version == 1
    assert made.source.digest == record_of(slug).digest
    assert all(made.face.values())


def test_values_are_printed_as_people_write_them() -> None:
    licence = decided("business_licence")
    assert licence.face["registered_capital"] == "100.5"
    assert licence.valid_until == date(2026, 12, 31)
    assert [h.code_type for h in licence.holders] == ["001"]
    marriage = decided("marriage")
    assert [h.name for h in marriage.holders] == ["测试甲", "测试乙"]
    assert marriage.valid_until is None
    assert "term" not in decided("real_estate").face
    assert decided("real_estate", owner_id="91339900MA90000111").holders[0].code_type == "001"


@pytest.mark.parametrize(
    ("slug", "changed", "reason"),
    [
        ("household", {"name": None}, "name is empty"),
        ("household", {"name": "   "}, "name is empty"),
        ("household", {"citizen_id": "339900199001010012"}, "citizen_id is not a valid citizen ID"),
        ("household", {"citizen_id": "33990019900230002X"}, "citizen_id is not a valid"),
        ("household", {"birth_date": "1990/01/01"}, "birth_date is not a date"),
        ("household", {"birth_date": "1990-02-30"}, "birth_date is not a date"),
        ("household", {"name": "测\u202e试"}, "U+202E"),
        ("household", {"name": "测\ue863"}, "U+E863"),
        ("household", {"name": "测\x00"}, "U+0000"),
        ("household", {"name": "\ud800"}, "U+D800"),
        ("household", {"address": "路" * 4001}, "longer than"),
        ("household", {"sex": True}, "true or false"),
        ("household", {"sex": ["女"]}, "not text or number"),
        ("household", {"household_no": float("nan")}, "not a finite number"),
        ("marriage", {"status": "已离婚"}, "status is not 有效"),
        ("marriage", {"status": None}, "status is not 有效"),
        ("business_licence", {"uscc": "91339900MA90000112"}, "not a valid unified social credit code"),
        ("business_licence", {"valid_until": "2020-02-28"}, "valid_until is before established_on"),
        ("business_licence", {"valid_until": "2026-11-21"}, "is over"),
        ("real_estate", {"owner_id": "X"}, "not a valid holder code"),
    ],
)
def test_a_bad_record_is_refused_with_the_reason(slug: str, changed: dict[str, Any], reason: str) -> None:
    # The digest is over what can be written as JSON; the value itself is put in afterwards.
    record = record_of(slug)
    object.__setattr__(record, "body", {**record.body, **changed})
    with pytest.raises(IssueRefused) as refused:
        decide(kind_of(slug), record, issuer_of(slug), now=NOW, serial=SERIAL)
    assert any(reason in r for r in refused.value.reasons), refused.value.reasons
    for value in changed.values():
        if isinstance(value, str) and len(value) > 10 and not value.startswith("20"):
            assert value not in str(refused.value), "a refusal repeats no personal data"


def test_all_reasons_are_listed_at_once() -> None:
    with pytest.raises(IssueRefused) as refused:
        decided("household", name=None, sex=None, birth_date="x")
    assert len(refused.value.reasons) == 3


def test_a_character_no_font_prints_is_refused_by_name() -> None:
    """A box where a name belongs is no certificate; before documents were sealed, such a name was let through."""
    with pytest.raises(GlyphMissing, match=r"name: \U000323b0 U\+323B0") as refused:
        decided("household", name="测\U000323b0", address="路\U00031350")
    assert refused.value.missing == (("address", "\U00031350"), ("name", "\U000323b0"))


def test_a_text_that_does_not_fit_the_face_is_refused_before_it_is_a_certificate() -> None:
    with pytest.raises(LayoutOverflow) as refused:
        decided("business_licence", scope="软件开发、" * 600)
    assert refused.value.where == "scope"


def test_what_ends_a_right_is_said_before_what_cannot_be_printed() -> None:
    with pytest.raises(IssueRefused, match="state"):
        decided("business_licence", name="测\U000323b0", state="吊销")


@pytest.mark.parametrize("name", ["测试䶮", "测试㛃", "测试𬭬"])
def test_rare_characters_of_names_are_issued(name: str) -> None:
    assert decided("household", name=name).face["name"] == name


def test_the_last_valid_day_counts_in_china() -> None:
    last_minute = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    assert decided("business_licence", now=last_minute).valid_until == law_day(last_minute)
    with pytest.raises(IssueRefused, match="is over"):
        decided("business_licence", now=last_minute + timedelta(minutes=1))


def test_days_of_the_law() -> None:
    day = date(2026, 11, 22)
    assert day_begins(day) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert day_ends(day) - day_begins(day) == timedelta(days=1)
    assert law_day(day_ends(day) - timedelta(microseconds=1)) == day


def test_another_authority_may_not_issue() -> None:
    with pytest.raises(IssuerNotEntitled):
        decide(kind_of("marriage"), record_of("marriage"), issuer_of("household"), now=NOW, serial=SERIAL)


def test_a_record_of_another_resource_is_refused() -> None:
    with pytest.raises(IssueRefused, match=r"record is of psb\.household"):
        decide(kind_of("marriage"), record_of("household"), issuer_of("marriage"), now=NOW, serial=SERIAL)


def test_a_ticket_signs_once() -> None:
    world, ticket = World(), ticket_for("household")
    redeem(ticket, world.issuer_key, secrets.token_bytes)
    with pytest.raises(TicketAlreadyRedeemed):
        redeem(ticket, world.issuer_key, secrets.token_bytes)


def test_of_many_threads_one_gets_the_ticket() -> None:
    ticket = ticket_for("household")

    def spend(_: int) -> bool:
        try:
            ticket.spend()
        except TicketAlreadyRedeemed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(spend, range(200))) == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_a_journalled_payload_reopens_as_the_same_ticket(slug: str) -> None:
    ticket = ticket_for(slug)
    again = reopen(ticket.payload, TYPES.get(slug))
    assert again.certificate == ticket.certificate
    assert again.digest == ticket.digest


def test_citizen_ids_of_the_fictional_region() -> None:
    assert is_citizen_id("339900199001010011")
    assert is_citizen_id("33990019900101002X")
    assert not is_citizen_id("33990019900101002x")
    assert not is_citizen_id("33990019901301002X")


@pytest.mark.parametrize(
    ("value", "text"), [(89.6, "89.6"), (1e21, "1" + "0" * 21), (100.0, "100"), (7, "7"), (0.1, "0.1")]
)
def test_numbers_print_plainly(value: float, text: str) -> None:
    assert printed(value, Format.NUMBER) == text


def test_text_is_no_number() -> None:
    with pytest.raises(ValueRefused):
        printed("一百", Format.NUMBER)
