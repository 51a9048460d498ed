"""What always holds of templates, whatever they and their data are."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pillarbox.proto.handlebars.nodes import TemplateError
from pillarbox.proto.handlebars.rendering import Budget, Template
from pillarbox.proto.handlebars.values import MAX_DATA_DEPTH, is_shallow, merge

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(["a", "b", "list", "name"]), values)
pieces = st.sampled_from(
    r"""{{a}} {{{b}}} {{#if§a}} {{else}} {{else§if§b}} {{/if}} {{#each§list}} {{/each}} {{this}}
    {{../name}} {{@index}} {{#*inline§"p"}} {{/inline}} {{>§p}} {{~ ~}} \{{ {{! --}} { } x [ ] "
    {{#with§a§as§|b|}} {{/with}} {{{{a}}}} {{{{/a}}}} (lookup§a§'b') {{name}} § §§""".replace(
        "§", "\x00"
    ).split()
).map(lambda piece: piece.replace("\x00", " "))
templates = st.lists(pieces | st.text(max_size=4), max_size=25).map("".join)


@given(templates, objects)
@settings(max_examples=300)
def test_any_template_is_rendered_or_refused_within_its_budget(template: str, data: dict) -> None:
    budget = Budget(steps=20_000, characters=50_000)
    try:
        text = Template.parse(template).render(data, html=True, budget=budget)
    except TemplateError:
        return
    assert len(text) <= 50_000


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_braces_stays_as_it_is(text: str) -> None:
    assert Template.parse(text).render({}, html=True) == text


@given(st.text())
def test_a_value_can_not_leave_its_place_in_html(value: str) -> None:
    shown = Template.parse("{{v}}").render({"v": value}, html=True)
    assert not re.search(r"[<>\"'`=]", shown)


@given(st.text())
def test_a_value_stays_as_it_is_in_text(value: str) -> None:
    assert Template.parse("{{v}}{{{v}}}").render({"v": value}, html=False) == value * 2


@given(objects, objects)
def test_merging_keeps_what_either_has_and_prefers_ones_own(default: dict, own: dict) -> None:
    merged = merge(default, own)
    assert set(merged) == set(default) | set(own)
    assert merge(merged, own) == merged
    assert merge(default, {}) == default


@given(st.integers(1, 2 * MAX_DATA_DEPTH))
def test_data_is_read_to_a_certain_depth(depth: int) -> None:
    value: object = None
    for _ in range(depth):
        value = [value]
    assert is_shallow(value) == (depth <= MAX_DATA_DEPTH)
