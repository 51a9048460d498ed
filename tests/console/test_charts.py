"""Line charts: what is drawn of which numbers."""

import re
from xml.etree import ElementTree as ET

import pytest

from pillarbox.console.charts import HEIGHT, WIDTH, Chart, Series, draw, key
from pillarbox.console.spans import short_number


def chart(*values, whole=True, title="A < B"):
    return Chart(
        name="one",
        title=title,
        description="what there is",
        labels=[f"l{number}" for number in range(len(values))],
        series=[Series('Sent "well"', 1, values)],
        written=short_number,
        whole=whole,
    )


def drawn(*values, **given):
    return ET.fromstring(draw(chart(*values, **given)))


def texts(svg):
    return [one.text for one in svg.iter("text")]


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        ((0, 0), ["0", "1", "2", "3", "4"]),
        ((1, 3), ["0", "1", "2", "3", "4"]),
        ((9, 100), ["0", "25", "50", "75", "100"]),
        ((5, 101), ["0", "50", "100", "150", "200"]),
        ((0, 1_000_000), ["0", "250k", "500k", "750k", "1M"]),
    ],
    ids=["none", "few", "hundred", "more", "million"],
)
def test_the_axis_has_round_numbers_that_hold_all_values(values, axis):
    assert texts(drawn(*values))[:5] == axis


def test_shares_have_an_axis_below_one():
    assert texts(drawn(0.0, 0.03, whole=False))[:5] == ["0", "0.01", "0.02", "0.03", "0.04"]


@pytest.mark.parametrize("count", [1, 2, 7, 24, 30])
def test_every_line_stays_inside_and_labels_are_few(count):
    svg = drawn(*range(count))
    points = " ".join(one.get("points") for one in svg.iter("polyline"))
    for x, y in re.findall(r"([-\d.]+),([-\d.]+)", points):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    assert f"l{count - 1}" in texts(svg)
    assert len(texts(svg)) - 5 <= 7


def test_a_gap_ends_a_line_and_a_value_alone_is_a_dot():
    svg = drawn(1, 2, None, 3, None, 4, 5)
    assert len(list(svg.iter("polyline"))) == 2
    assert len(list(svg.iter("circle"))) == 1


def test_a_chart_has_a_name_and_a_description_and_is_escaped():
    svg = drawn(1, 2)
    named = {one.get("id"): one.text for one in svg if one.get("id")}
    assert named == {"one-title": "A < B", "one-about": "what there is"}
    assert svg.get("aria-labelledby") == "one-title"
    assert svg.get("aria-describedby") == "one-about"
    assert "Sent &#34;well&#34;" in key(chart(1, 2))
    assert "style=" not in draw(chart(1, 2))
