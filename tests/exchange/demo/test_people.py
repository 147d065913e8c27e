import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path

import pytest
from stdnum.cn import ric, uscc

from exchange.demo.changes import Event, change, changed_world
from exchange.demo.defects import PLANTED
from exchange.demo.families import AS_OF, IN_FORCE, MALE, age
from exchange.demo.ids import organisation_code, with_wrong_check
from exchange.demo.people import HERO_NAME, SEED, build_world
from exchange.demo.words import RARE, REASSIGNED
from exchange.demo.world import Resource, World, body_of, key_of

ROOT = Path(__file__).parents[3]


def digest(world: World) -> str:
    return hashlib.sha256(repr(world).encode()).hexdigest()


def test_the_city_is_large_enough(world: World) -> None:
    assert len(world.people) >= 2000
    assert len(world.marriages) >= 400
    assert len(world.firms) >= 200
    assert len(world.properties) >= 600


def test_every_number_carries_its_check_digits(world: World) -> None:
    for person in world.people:
        assert ric.calc_check_digit(person.citizen_id) == person.citizen_id[-1]
        assert person.citizen_id.startswith("339900")
        assert ric.get_birth_date(person.citizen_id) == person.birth_date
        assert (int(person.citizen_id[16]) % 2 == 1) == (person.sex == MALE)
    for firm in world.firms:
        assert uscc.is_valid(firm.uscc)
        assert organisation_code(firm.uscc[8:16]) == firm.uscc[8:17]


@pytest.mark.parametrize("body", ["MA900001", "MA900002", "MA900003"])
def test_organisation_codes_follow_the_published_examples(body: str) -> None:
    examples = {"MA900001": "MA9000011", "MA900002": "MA900002X", "MA900003": "MA9000038"}
    assert organisation_code(body) == examples[body]


def test_no_key_is_used_twice(world: World) -> None:
    for resource in Resource:
        keys = [key_of(row) for row in world.records(resource)] + [key_of(s.record) for s in world.bad(resource)]
        assert len(keys) == len(set(keys))


def test_households_hang_together(world: World) -> None:
    heads = Counter(person.household_no for person in world.people if person.relation == "户主")
    addresses: dict[str, set[str]] = {}
    for person in world.people:
        addresses.setdefault(person.household_no, set()).add(person.address)
        assert person.birth_date <= person.registered_on <= AS_OF
    assert set(heads) == set(addresses)
    assert set(heads.values()) == {1}
    assert all(len(found) == 1 for found in addresses.values())


def test_spouses_are_adults_known_to_the_household_register(world: World) -> None:
    by_id = {person.citizen_id: person for person in world.people}
    spouses = Counter(s for m in world.marriages for s in (m.spouse_a_id, m.spouse_b_id))
    assert set(spouses.values()) == {1}
    for marriage in world.marriages:
        husband, wife = by_id[marriage.spouse_a_id], by_id[marriage.spouse_b_id]
        assert (husband.name, wife.name) == (marriage.spouse_a_name, marriage.spouse_b_name)
        assert age(husband, marriage.registered_on) >= 22
        assert age(wife, marriage.registered_on) >= 20
        assert marriage.registered_on <= AS_OF
        assert (husband.household_no == wife.household_no) == (marriage.status == IN_FORCE)
    assert sum(m.status != IN_FORCE for m in world.marriages) >= 40


def test_firms_and_homes_belong_to_adult_residents(world: World) -> None:
    by_id = {person.citizen_id: person for person in world.people}
    for firm in world.firms:
        assert by_id[firm.legal_rep_id].name == firm.legal_rep_name
        assert age(by_id[firm.legal_rep_id], firm.established_on) >= 18
        assert firm.established_on <= firm.registered_on <= AS_OF
    for title in world.properties:
        assert by_id[title.owner_id].name == title.owner_name
        assert age(by_id[title.owner_id], title.registered_on) >= 18
        assert len(title.unit_no) == 28


def test_a_good_share_of_the_names_has_rare_characters_gb_18030_carries(world: World) -> None:
    rare = set(RARE) | set(REASSIGNED)
    named = [person for person in world.people if rare & set(person.name)]
    assert len(named) >= len(world.people) // 10
    assert all(person.name.encode("gb18030").decode("gb18030") == person.name for person in named)


def test_the_hero_is_adult_married_an_owner_and_a_legal_representative() -> None:
    for seed in (SEED, 1, 2):
        world = build_world(seed)
        hero = world.hero
        person = world.person(hero.citizen_id)
        assert (person.name, hero.citizen_id) == (HERO_NAME, "33990019880315002X")
        assert age(person, AS_OF) == 38
        assert next(m for m in world.marriages if m.marriage_no == hero.marriage_no).spouse_b_id == hero.citizen_id
        assert next(f for f in world.firms if f.uscc == hero.uscc).legal_rep_id == hero.citizen_id
        assert [p.certificate_no for p in world.properties if p.owner_id == hero.citizen_id] == [hero.certificate_no]
        assert hero == build_world().hero


def test_bad_rows_are_planted_in_exact_numbers(world: World) -> None:
    for resource in Resource:
        assert Counter(item.defect for item in world.bad(resource)) == PLANTED[resource]


def test_a_seed_gives_one_city_in_every_process(world: World) -> None:
    code = (
        "import hashlib; from exchange.demo.people import build_world; from exchange.demo.changes import change;"
        "w = build_world(); c = change(w, 7);"
        "print(hashlib.sha256(repr(w).encode()).hexdigest(), hashlib.sha256(repr(c).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", code]
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            command, cwd=ROOT, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
        )
        changed = hashlib.sha256(repr(change(world, 7)).encode()).hexdigest()
        assert done.stdout.split() == [digest(world), changed]


def test_other_seeds_give_other_cities(world: World) -> None:
    assert digest(build_world(5)) != digest(world)


def test_one_percent_of_the_city_changes(world: World) -> None:
    after, changes = change(world, 7)
    assert {c.event for c in changes} == set(Event)
    for resource in Resource:
        rows = [c for c in changes if c.resource is resource]
        share = len(rows) / len(world.records(resource))
        assert 0.005 < share < 0.015
        assert len({c.key for c in rows}) == len(rows)
        before = {key_of(row): row for row in world.records(resource)}
        now = {key_of(row): row for row in after.records(resource)}
        differing = {key for key, row in now.items() if before.get(key) != row}
        assert differing == {c.key for c in rows}
        assert all(before.get(c.key) == c.before and now[c.key] == c.after != c.before for c in rows)


def test_nothing_of_the_hero_changes(world: World) -> None:
    hero = world.hero
    mine = {hero.citizen_id, hero.spouse_id, hero.marriage_no, hero.uscc, hero.certificate_no}
    for seed in range(5):
        _, changes = change(world, seed, share=0.5)
        assert not mine & {c.key for c in changes}
        assert hero.citizen_id not in {getattr(c.after, "owner_id", None) for c in changes}


def test_changes_can_follow_each_other(world: World) -> None:
    once, first = change(world, 7)
    twice, second = change(once, 8, on=date(2026, 11, 21))
    assert changed_world(changed_world(world, first), second) == twice


def test_values_are_frozen_and_bodies_are_text(world: World) -> None:
    with pytest.raises(FrozenInstanceError):
        world.people[0].name = "李四"  # type: ignore[misc]  # the assignment is what must fail
    body = body_of(world.firms[0])
    assert body["valid_until"] is None
    assert body["established_on"] == "2019-03-12"


def test_a_wrong_check_digit_is_wrong(world: World) -> None:
    assert not any(
        ric.calc_check_digit(person.citizen_id) == with_wrong_check(person.citizen_id)[-1] for person in world.people
    )
    assert not any(uscc.is_valid(with_wrong_check(firm.uscc)) for firm in world.firms)
