from adapters.gb18030 import CHANGED_2005, CHANGED_2022, PLANE_2, TO_CURRENT, forms, same, to_current

# GB 18030 position, code point of the tables before 2005/2022, current code point (Unicode L2/06-394, GB 18030-2022).
CHANGED = (
    ("A6D9", "E78D", "FE10"),
    ("A6DA", "E78E", "FE12"),
    ("A6DB", "E78F", "FE11"),
    ("A6DC", "E790", "FE13"),
    ("A6DD", "E791", "FE14"),
    ("A6DE", "E792", "FE15"),
    ("A6DF", "E793", "FE16"),
    ("A6EC", "E794", "FE17"),
    ("A6ED", "E795", "FE18"),
    ("A6F3", "E796", "FE19"),
    ("A8BC", "E7C7", "1E3F"),
    ("FE51", "E816", "20087"),
    ("FE52", "E817", "20089"),
    ("FE53", "E818", "200CC"),
    ("FE59", "E81E", "9FB4"),
    ("FE61", "E826", "9FB5"),
    ("FE66", "E82B", "9FB6"),
    ("FE67", "E82C", "9FB7"),
    ("FE6C", "E831", "215D7"),
    ("FE6D", "E832", "9FB8"),
    ("FE76", "E83B", "2298F"),
    ("FE7E", "E843", "9FB9"),
    ("FE90", "E854", "9FBA"),
    ("FE91", "E855", "241FE"),
    ("FEA0", "E864", "9FBB"),
)


def test_every_changed_point_decodes_to_its_current_character() -> None:
    assert len(CHANGED) == 25 == len(CHANGED_2005) + len(CHANGED_2022) + len(PLANE_2)
    for position, private, current in CHANGED:
        assert to_current(bytes.fromhex(position).decode("gb18030")) == chr(int(current, 16))
        assert to_current(chr(int(private, 16))) == chr(int(current, 16))


def test_no_position_of_the_two_byte_area_stays_private_where_a_character_exists() -> None:
    for trail in [*range(0x50, 0x7F), *range(0x80, 0xA1)]:
        assert not "\ue000" <= to_current(bytes((0xFE, trail)).decode("gb18030")) <= "\uf8ff"


def test_the_mapping_is_one_to_one_and_matches_both_forms() -> None:
    assert len(set(TO_CURRENT.values())) == len(TO_CURRENT)
    assert to_current("张\ue863") == "张䶮"
    assert forms("张䶮") == ("张䶮", "张\ue863")
    assert forms("张三") == ("张三",)
    assert same("张\ue863", "张䶮")
    assert not same("张\ue863", "张三")
