"""Charts drawn from numbers: scales, ticks, and text that stays text."""

import pytest

from dedupe.report.svg import Scale, element, ticks


def test_an_element_escapes_text_and_attributes():
    drawn = element("text", "Groß & <b>", class_="tick end", stroke_width=1.5)
    assert str(drawn) == '<text class="tick end" stroke-width="1.5">Groß &amp; &lt;b&gt;</text>'
    assert str(element("g", element("a"), title='"x"')) == '<g title="&#34;x&#34;"><a></a></g>'


def test_numbers_have_two_decimals_at_most():
    assert str(element("a", x=1 / 3, y=2.0, z=-0.001)) == '<a x="0.33" y="2" z="0"></a>'


def test_a_scale_is_a_straight_line_between_its_ends():
    scale = Scale(-10, 10, 100, 300)
    assert [scale(value) for value in (-10, 0, 10)] == [100, 200, 300]
    assert Scale(5, 5, 0, 10)(5) == 0  # one value only


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (-7, 12, [-5, 0, 5, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-40, 40, [-40, -30, -20, -10, 0, 10, 20, 30, 40]),
    ],
)
def test_ticks_are_round_numbers_between_the_bounds(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)
