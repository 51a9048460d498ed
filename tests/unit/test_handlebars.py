"""Templates are rendered as the language's own implementation renders them, and within bounds."""

import json
from pathlib import Path
from typing import Any

import pytest

from pillarbox.proto.handlebars.nodes import (
    MissingAttribute,
    RenderingError,
    TemplateError,
    TemplateSyntaxError,
)
from pillarbox.proto.handlebars.rendering import Budget, Template
from tests.peers import javascript

CASES = json.loads((Path(__file__).parents[1] / "cases" / "handlebars.json").read_text())
DATA: dict[str, Any] = CASES["data"]


def render(template: str, data: dict[str, Any] | None = None, *, html: bool = True) -> str:
    return Template.parse(template).render(DATA if data is None else data, html=html)


@pytest.fixture(scope="session")
def theirs() -> list[tuple[str | None, str | None]]:
    """What the handlebars package makes of all templates: escaped, not escaped, refused ones."""
    wanted = [
        *({"template": one, "data": DATA, "html": True} for one in CASES["same"]),
        *({"template": one, "data": DATA, "html": False} for one in CASES["same"]),
        *({"template": one, "data": DATA, "html": True} for one in CASES["refused"]),
    ]
    printed = javascript.run("render_templates.mjs", environment={}, typed=json.dumps(wanted))
    return [tuple(one) for one in json.loads(printed)]


@javascript.needs_packages
@pytest.mark.parametrize("html", [True, False], ids=["html", "text"])
@pytest.mark.parametrize("number", range(len(CASES["same"])))
def test_templates_render_as_the_handlebars_package_renders_them(
    theirs: list[tuple[str | None, str | None]], number: int, html: bool
) -> None:
    expected, error = theirs[number if html else len(CASES["same"]) + number]
    assert error is None
    assert render(CASES["same"][number], html=html) == expected


@javascript.needs_packages
@pytest.mark.parametrize("number", range(len(CASES["refused"])))
def test_what_the_handlebars_package_refuses_is_refused(
    theirs: list[tuple[str | None, str | None]], number: int
) -> None:
    assert theirs[2 * len(CASES["same"]) + number][0] is None
    with pytest.raises(TemplateError):
        render(CASES["refused"][number])


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{{nobody}}", "nobody"),
        ("{{a.b.x}}", "a.b.x"),
        ("{{#each items}}{{name}}{{/each}}", "name"),
        ("{{#each items}}{{../nobody}}{{/each}}", "../nobody"),
        ("{{null}}", "null"),
        ("{{nothing}}", "nothing"),
        ("{{@index}}", "@index"),
        ("{{../name}}", "../name"),
        ("{{Name}}", "Name"),
        ("{{lookup obj 'no'}}", "lookup obj no"),
    ],
)
def test_an_attribute_that_is_not_there_or_null_is_an_error(template: str, name: str) -> None:
    with pytest.raises(MissingAttribute) as caught:
        render(template, {**DATA, "nothing": None})
    assert str(caught.value) == f"Attribute '{name}' is not present in the rendering data."


def test_branches_that_are_not_taken_may_ask_for_anything() -> None:
    assert render("{{#if f}}{{nobody}}{{else}}x{{/if}}{{#each empty}}{{nobody}}{{/each}}") == "x"


def test_what_the_service_fills_in_itself_is_left_as_it_is() -> None:
    kept = "{{ses:openTracker}} {{amazonSESUnsubscribeUrl}}"
    assert render(kept) == kept


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**53 + 1, "9007199254740993"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e-7, "1e-7"),
        (1.5e300, "1.5e+300"),
        (10**400, "Infinity"),
        (float("inf"), "Infinity"),
        ([1, [2, None, "x"]], "1,2,,x"),
        (False, "false"),
        ("", ""),
    ],
    ids=str,
)
def test_values_are_written_without_losing_any(value: object, written: str) -> None:
    shown = written if isinstance(value, str) else render("{{{v}}}", {"v": value})
    assert shown == written


@pytest.mark.parametrize(
    "template",
    [
        '{{#*inline "a"}}{{> a}}{{/inline}}{{> a}}',
        '{{#*inline "a"}}{{> b}}{{/inline}}{{#*inline "b"}}{{> a}}{{/inline}}{{> a}}',
        "".join(
            f'{{{{#*inline "p{n}"}}}}{f"{{{{> p{n + 1}}}}}" * 9}{{{{/inline}}}}' for n in range(9)
        )
        + '{{#*inline "p9"}}{{/inline}}{{> p0}}',
        "{{#each l}}{{#each @root.l}}{{#each @root.l}}{{#if x}}{{/if}}{{/each}}{{/each}}{{/each}}",
        "{{#each l}}{{#each @root.l}}{{@root.long}}{{/each}}{{/each}}",
        "{{#each l}}{{#each @root.l}}{{@root.deep}}{{/each}}{{/each}}",
    ],
    ids=["itself", "each other", "ever more", "loops", "much text", "much of nothing"],
)
def test_a_rendering_that_would_not_end_or_grow_without_end_is_stopped(template: str) -> None:
    data = {"l": [{}] * 400, "long": "x" * 10_000, "deep": [[]] * 10_000}
    with pytest.raises(RenderingError):
        render(template, data)


def test_the_budget_is_shared_by_all_that_is_rendered_with_it() -> None:
    budget = Budget(characters=10)
    template = Template.parse("{{name}}{{name}}")
    assert template.render(DATA, html=True, budget=budget) == "AnnAnn"
    with pytest.raises(RenderingError, match="too large"):
        template.render(DATA, html=True, budget=budget)


@pytest.mark.parametrize(
    "template",
    ["{{#if t}}" * 200, "{{#if t}}{{else if t}}" * 200, "{{#if " + "(" * 200, "{{lookup (" * 300],
    ids=["blocks", "chains", "parentheses", "calls"],
)
def test_what_is_nested_too_deeply_is_refused(template: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template.parse(template)


def test_what_is_nested_as_deeply_as_it_may_be_is_rendered() -> None:
    assert render("{{#if t}}" * 80 + "x" + "{{/if}}" * 80) == "x"
    inline = '{{#*inline "p%d"}}{{> p%d}}{{/inline}}'
    partials = "".join(inline % (number, number + 1) for number in range(60))
    assert render(partials + '{{#*inline "p60"}}x{{/inline}}{{> p0}}') == "x"


def test_a_syntax_error_says_on_which_line_it_is() -> None:
    with pytest.raises(TemplateSyntaxError, match="line 3"):
        Template.parse("a\n\n{{#if x}}{{/each}}")


def test_a_template_is_rendered_again_and_again() -> None:
    template = Template.parse('{{#*inline "p"}}{{n}}{{/inline}}{{> p}}')
    assert [template.render({"n": n}, html=True) for n in (1, 2)] == ["1", "2"]
