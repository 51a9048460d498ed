"""What a parsed Handlebars template consists of, and what can be wrong with one.

Made by `handlebars_parser`, walked by `handlebars`. Nothing of it changes after parsing, so that
one parsed template serves all threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union


class TemplateError(ValueError):
    """A template can't be read or rendered; the text is for whoever wrote it."""


class TemplateSyntaxError(TemplateError):
    """The template breaks the grammar, or a limit on its form."""


class RenderingError(TemplateError):
    """The template can't be rendered with this data, within what one rendering may take."""


class MissingAttribute(RenderingError):
    """The template asks for an attribute that the data doesn't have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Attribute '{name}' is not present in the rendering data.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Strip:
    """Whether a tag takes the white space before it (`{{~`) and after it (`~}}`)."""

    before: bool = False
    after: bool = False


@dataclass(slots=True)
class Text:
    """Text between tags: as it was written, and what white space control leaves of it."""

    original: str
    value: str
    before_stripped: bool = False
    after_stripped: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """`a.b`, `../a`, `this`, `@index`. `scoped`: begins at a context, so it names no block
    parameter and no helper.
    """

    parts: tuple[str, ...]
    up: int
    data: bool
    scoped: bool
    written: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number, true, false, null or undefined."""

    value: object
    written: str


@dataclass(frozen=True, slots=True)
class SubExpression:
    """A helper's value: `(lookup a b)`."""

    helper: str
    params: tuple["Expression", ...]
    written: str


Expression = Union[Path, Literal, SubExpression]  # noqa: UP007  # refers to itself
Hash = Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Output:
    """`{{a}}`, or unescaped `{{{a}}}` and `{{&a}}`."""

    value: Expression
    escaped: bool
    strip: Strip


@dataclass(frozen=True, slots=True)
class Comment:
    """`{{! ... }}`: nothing of it is shown, but it may take a line's white space."""

    strip: Strip


@dataclass(slots=True)
class Partial:
    """`{{> name context key=value}}`; `indent`: what its lines are to begin with."""

    name: str | Expression
    context: Expression | None
    hash: Hash
    strip: Strip
    indent: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A run of nodes. `partials`: those it defines; `chained`: it is what an `else if` stands
    for.
    """

    body: list["Node"]
    block_params: tuple[str, ...] = ()
    chained: bool = False
    partials: Mapping[str, "Program"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """`{{#kind subject}} program {{else}} inverse {{/kind}}`.

    `kind`: if, unless, each, with, `section` for a block without a helper, `inline`, `partial`, or
    `raw`, whose text is taken as it is.
    """

    kind: str
    subject: Expression
    hash: Hash
    program: Program | None
    inverse: Program | None
    open_strip: Strip
    inverse_strip: Strip
    close_strip: Strip
    partial: Partial | None = None


Node = Union[Text, Output, Comment, Partial, Block]  # noqa: UP007  # refers to itself
