import re
from hashlib import sha256
from io import BytesIO

import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.errors.layout import GlyphMissing
from certs.layout.fonts import VENDORED, check_printable, load_fonts
from certs.layout.model import Role
from certs.layout.subset import subset

FONTS = load_fonts()
FONT_IDS = ("LXGWWenKai-Regular", "NotoSansSC-Bold", "NotoSansSC-Regular")
RARE = "䶮㛃𬭬𬍛𬬭𬭚㸌㵪喆堃"


def test_the_fonts_are_the_ones_the_readme_names_and_free() -> None:
    readme = (VENDORED / "README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", readme, re.MULTILINE))
    found = {sha256(path.read_bytes()).hexdigest(): path.name for path in VENDORED.glob("*.ttf")}
    assert found == named
    assert sum(path.stat().st_size for path in VENDORED.iterdir()) < 40_000_000
    for path in VENDORED.glob("*.ttf"):
        with TTFont(path, lazy=True) as font:
            assert "Open Font License" in font["name"].getDebugName(13)
            assert font["OS/2"].fsType == 0  # may be embedded
    for licence in VENDORED.glob("OFL-*.txt"):
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text(encoding="utf-8")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("char", RARE)
def test_rare_name_characters_print_in_every_role(char: str, role: Role) -> None:
    font = FONTS.font_for(char, role)
    assert font is not None
    assert font.outline(font.glyph(char))


def test_a_character_the_first_font_lacks_comes_from_the_next() -> None:
    kai, sans = FONTS.roles[Role.KAI]
    assert not kai.has("㵪")
    assert FONTS.font_for("㵪", Role.KAI) is sans


def test_what_cannot_be_printed_is_named_with_field_and_code_point() -> None:
    with pytest.raises(GlyphMissing) as refused:
        check_printable({"name": "测\U000323afཨ", "address": "测试路1号"})
    assert refused.value.missing == (("name", "ཨ"), ("name", "\U000323af"))
    assert "name: ཨ U+0F68 TIBETAN LETTER A" in str(refused.value)
    assert "U+323AF" in str(refused.value)
    assert "address" not in str(refused.value)
    check_printable({"name": f"测试·{RARE}", "address": "No. 1, 测试路（东）—“甲”"})


@pytest.mark.parametrize(
    "char", ["\ue000", "\uf8ff", "\U000f0000", "\u200b", "\u202e", "\n", "\ufeff", "\u00ad", "\u0301", "\ufe00"]
)
def test_private_use_invisible_and_combining_characters_are_refused(char: str) -> None:
    with pytest.raises(GlyphMissing, match=f"U\\+{ord(char):04X}"):
        check_printable({"name": f"测{char}试"})


@pytest.mark.parametrize("font_id", FONT_IDS)
def test_a_subset_is_a_font_with_the_same_shapes(font_id: str) -> None:
    source = FONTS.font(font_id)
    chars = sorted({c for c in "营业执照（）ABCg1290，。·é½①" + RARE if source.has(c)})
    small = subset(source, chars)
    with TTFont(VENDORED / f"{font_id}.ttf", lazy=True) as whole, TTFont(BytesIO(small.data)) as made:
        assert made.getBestCmap().keys() == {ord(c) for c in chars}
        assert made["name"].getDebugName(6) == font_id
        assert made["name"].getDebugName(0) == whole["name"].getDebugName(0)
        for char in [*chars, None]:
            assert _outline(made, char) == _outline(whole, char)
        made.save(BytesIO())


def _outline(font: TTFont, char: str | None) -> tuple[object, float]:
    glyphs = font.getGlyphSet()
    name = font.getBestCmap()[ord(char)] if char else font.getGlyphName(0)
    pen = RecordingPen()
    glyphs[name].draw(pen)
    return pen.value, glyphs[name].width


@given(st.sets(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_a_subset_depends_on_its_characters_only(chars: set[str]) -> None:
    font = FONTS.font("NotoSansSC-Regular")
    used = sorted(c for c in chars if font.has(c))
    first, second = subset(font, used), subset(font, reversed(used))
    assert first.data == second.data
    assert sorted(first.glyphs.values()) == list(range(1, len(used) + 1))
    assert all(first.widths[first.glyphs[c]] == 1000 * font.advance(font.glyph(c)) for c in used)


def test_a_composite_glyph_brings_its_parts_along() -> None:
    for font_id in FONT_IDS:
        font = FONTS.font(font_id)
        composite = [chr(p) for p, g in font.glyphs.items() if font.outline(g)[:2] >= b"\x80"][:20]
        if not composite:
            continue
        with (
            TTFont(VENDORED / f"{font_id}.ttf", lazy=True) as whole,
            TTFont(BytesIO(subset(font, composite).data)) as made,
        ):
            for char in composite:
                assert _drawn(made, char) == _drawn(whole, char)


def _drawn(font: TTFont, char: str) -> object:
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[font.getBestCmap()[ord(char)]].draw(pen)
    return pen.value


@pytest.mark.parametrize("role", Role)
def test_every_character_of_gbk_and_nearly_all_of_extension_a_print(role: Role) -> None:
    """GBK holds every Han character of ordinary papers and 20 902 in all (the first block of Unicode 1.1)."""
    missing = [chr(p) for p in range(0x4E00, 0x9FA6) if FONTS.font_for(chr(p), role) is None]
    assert not missing
    rare = [p for p in range(0x3400, 0x4DB6) if FONTS.font_for(chr(p), role) is None]
    assert len(rare) <= 10
