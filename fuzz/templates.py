"""Templates and their data, as customers send both."""

from pillarbox.proto.handlebars.nodes import TemplateError
from pillarbox.proto.handlebars.rendering import Budget, Template

TEMPLATES = (
    b"Dear {{name}},{{#if a}} {{a.b.c}}{{else if f}}x{{else}}y{{/if}}{{! c }}\n{{~name~}}",
    b"{{#each list}}\n  {{@index}} {{this}}{{#unless @last}},{{/unless}}\n{{/each}}{{{b}}}",
    b'{{#*inline "p"}}{{> q}}{{/inline}}{{> p a x=1}}{{#> l}}z{{/l}}',
    b"{{#with a as |x|}}{{x.b}}{{/with}}",
    b"{{{{raw}}}} {{x}} {{{{/raw}}}}\\{{a}}{{lookup list 0}}{{#each (lookup a 'b')}}{{/each}}",
)
_DATA = {
    "name": "Ann",
    "a": {"b": {"c": [1, 2, {"d": None}]}},
    "list": ["x", {"name": "y"}, [], 1.5, True] * 3,
    "b": "<&>",
    "f": False,
}
_CHARACTERS = 100_000


def template(data: bytes) -> None:
    """A template is refused, or renders within its budget, each time the same."""
    source = data.decode("utf-8", "replace")
    try:
        parsed = Template.parse(source)
        first = parsed.render(_DATA, html=True, budget=Budget(20_000, _CHARACTERS))
    except TemplateError:
        return
    assert len(first) <= _CHARACTERS
    assert parsed.render(_DATA, html=True) == first
