"""How deliverable an address looks: examples, and what holds for any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.address_quality import NUMBER, PARTS, POSTCODE, Parts, address_quality

NOTHING = Parts(province="", city="", district="", detail="", postcode="")


def parts(detail: str = "", **others: str) -> Parts:
    return Parts(
        **{**dict.fromkeys(("province", "city", "district", "postcode"), ""), **others},
        detail=detail,
    )


_TEXTS = st.text(max_size=12)
_PARTS = st.builds(
    Parts, province=_TEXTS, city=_TEXTS, district=_TEXTS, detail=_TEXTS, postcode=_TEXTS
)


@pytest.mark.parametrize(
    ("address", "score"),
    [
        (parts("文三路 1 号 5 幢", province="浙江省", city="杭州市", district="西湖区"), 90),
        (
            parts(
                "文三路 1 号",
                province="浙江省",
                city="杭州市",
                district="西湖区",
                postcode="310012",
            ),
            100,
        ),
        (parts("文三路一号", province="浙江省", city="杭州市", district="西湖区"), 90),
        (parts("1 Harbour Road", city="Wan Chai"), 65),
        (parts("Harbour Road", city="Wan Chai"), 45),
        (parts("x", city="Wan Chai"), 25),
        (parts("aaaaaaaa", city="Wan Chai"), 5),
        (parts("11111111", province="P", city="C"), 40),
        (parts(city="Wan Chai"), 15),
        (parts("aaaa"), 0),
    ],
)
def test_examples(address: Parts, score: int) -> None:
    assert address_quality(address) == score


@pytest.mark.parametrize("address", [NOTHING, parts("   "), parts(postcode="310012")])
def test_without_an_address_there_is_no_score(address: Parts) -> None:
    assert address_quality(address) is None


@given(_PARTS)
def test_a_score_is_between_0_and_100(address: Parts) -> None:
    score = address_quality(address)
    assert score is None or 0 <= score <= sum(PARTS.values()) + POSTCODE + NUMBER == 100


@given(_PARTS, st.sampled_from(["province", "city", "district", "postcode"]))
def test_a_part_more_never_lowers_it(address: Parts, part: str) -> None:
    score, more = address_quality(address), address_quality(address._replace(**{part: "更多"}))
    if score is not None:
        assert more is not None
        assert more >= score


@given(st.text(alphabet="abcXYZ 019路号", max_size=12))
def test_width_case_and_spacing_change_nothing(detail: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in detail)
    expected = address_quality(parts(detail, city="C"))
    assert address_quality(parts(f" {detail.upper()} ", city="C")) == expected
    assert address_quality(parts(wide, city="C")) == expected
