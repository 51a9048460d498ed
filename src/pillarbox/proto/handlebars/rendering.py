"""Handlebars templates, rendered (handlebarsjs.com, Language Guide and Built-in Helpers).

Takes a template's source, once, and then data as often as wanted; hands on the text. What is asked
for and not in the data is an error, as at the real service. Rendering reads nothing but its
arguments and ends: each rendering has a `Budget` of steps and of characters, and blocks and
partials may lie `MAX_DEPTH` deep in each other. A Template may be rendered in several threads at
once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pillarbox.proto.handlebars.nodes import (
    Block,
    Comment,
    Expression,
    Literal,
    MissingAttribute,
    Output,
    Partial,
    Path,
    Program,
    RenderingError,
    Text,
)
from pillarbox.proto.handlebars.parser import parse_template
from pillarbox.proto.handlebars.values import (
    MISSING,
    escape,
    is_empty,
    keys_in_order,
    look_up,
    text_of,
)

MAX_DEPTH = 120
_SHORT = 100
T = TypeVar("T")
#: What the service itself fills in later: left as it is (facts §6).
KEPT = frozenset({"ses:openTracker", "amazonSESUnsubscribeUrl"})


@dataclass(slots=True)
class Budget:
    """What a rendering may still take: nodes visited, characters written."""

    steps: int = 500_000
    characters: int = 10 * 1024 * 1024

    def step(self, number: int = 1) -> None:
        """Count a node, or work of the size of several. Raises RenderingError for too many."""
        self.steps -= number
        if self.steps < 0:
            raise RenderingError("Rendering the template takes too many steps.")

    def write(self, text: str) -> str:
        """Count a text. Raises RenderingError when there is too much."""
        self.characters -= len(text)
        if self.characters < 0:
            raise RenderingError("The rendered template is too large.")
        return text


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template."""

    program: Program

    @classmethod
    def parse(cls, source: str) -> "Template":
        """Parse a template. Raises TemplateSyntaxError."""
        return cls(parse_template(source))

    def render(self, data: Mapping[str, Any], *, html: bool, budget: Budget | None = None) -> str:
        """Render it; `html`: values are escaped unless they stand in `{{{ }}}`.

        Raises MissingAttribute and RenderingError.
        """
        rendering = _Rendering(data, html=html, budget=budget or Budget())
        rendering.program(self.program, _Scope(_Context(data, None)))
        return "".join(rendering.out)


@dataclass(frozen=True, slots=True)
class _Context:
    """What paths start from, and what `../` leads to."""

    value: Any
    outer: "_Context | None"


@dataclass(frozen=True, slots=True)
class _Frame:
    """The `@` variables of an iteration, and those around it."""

    values: Mapping[str, Any]
    outer: "_Frame | None"


@dataclass(frozen=True, slots=True)
class _Named:
    """The block parameters of a block, and those around it."""

    values: Mapping[str, Any]
    outer: "_Named | None"


@dataclass(frozen=True, slots=True)
class _Bound:
    """A partial block's own content, with where it stands."""

    program: Program
    scope: "_Scope"


@dataclass(frozen=True, slots=True)
class _Scope:
    """All that a name can mean at one place."""

    context: _Context
    frame: _Frame | None = None
    named: _Named | None = None
    partials: Mapping[str, Program] = field(default_factory=dict)
    bound: _Bound | None = None

    def inside(self, value: Any) -> "_Scope":
        """Give the scope of a block with its own context."""
        if _same(value, self.context.value):
            return self
        return replace(self, context=_Context(value, self.context))

    def naming(self, program: Program, *values: Any) -> "_Scope":
        """Add a block's parameters."""
        if not program.block_params:
            return self
        named = dict(zip(program.block_params, values, strict=False))
        return replace(self, named=_Named(named, self.named))


class _Rendering:
    """One rendering."""

    def __init__(self, root: Any, *, html: bool, budget: Budget) -> None:
        self.out: list[str] = []
        self._root = root
        self._html = html
        self._budget = budget
        self._depth = 0
        self._visits: dict[type, Callable[[Any, _Scope], None]] = {
            Text: self._text,
            Output: self._output,
            Comment: lambda _node, _scope: None,
            Partial: self._partial,
            Block: self._block,
        }

    def program(self, program: Program | None, scope: _Scope) -> None:
        """Render the nodes of a program."""
        if program is None:
            return
        if self._depth >= MAX_DEPTH:
            raise RenderingError(f"Blocks and partials are nested more than {MAX_DEPTH} deep.")
        self._depth += 1
        if program.partials:
            scope = replace(scope, partials=self._joined(scope.partials, program.partials))
        for node in program.body:
            self._budget.step()
            self._visits[type(node)](node, scope)
        self._depth -= 1

    def _text(self, node: Text, _scope: _Scope) -> None:
        if node.value:
            self.out.append(self._budget.write(node.value))

    def _output(self, node: Output, scope: _Scope) -> None:
        value = self._value(node.value, scope)
        if value is MISSING or value is None:
            value = _kept(node)
        text = text_of(value, self._budget.step)
        if node.escaped and self._html:
            text = escape(text)
        self.out.append(self._budget.write(text))

    def _block(self, node: Block, scope: _Scope) -> None:
        if node.kind == "inline":
            return
        if node.kind == "partial":
            self._partial_block(node, scope)
            return
        value = self._value(node.subject, scope)
        if node.kind in {"if", "unless"}:
            self._conditional(node, value, scope)
        elif node.kind == "each":
            self._each(node, value, scope)
        elif node.kind == "with":
            if is_empty(value):
                self.program(node.inverse, scope)
            elif node.program is not None:
                self.program(node.program, scope.inside(value).naming(node.program, value))
        else:
            self._section(node, value, scope)

    def _conditional(self, node: Block, value: Any, scope: _Scope) -> None:
        holds = not is_empty(value)
        if "includeZero" in node.hash and not isinstance(value, bool) and value == 0:
            holds = holds or not is_empty(self._value(node.hash["includeZero"], scope))
        wanted = holds if node.kind == "if" else not holds
        self.program(node.program if wanted else node.inverse, scope)

    def _section(self, node: Block, value: Any, scope: _Scope) -> None:
        """Render a block that names no helper: once, for each of a list, or not at all."""
        if value is True:
            self.program(node.program, scope)
        elif value is False or value is None or value is MISSING:
            self.program(node.inverse, scope)
        elif isinstance(value, list):
            self._each(node, value, scope)
        else:
            self.program(node.program, scope.inside(value))

    def _each(self, node: Block, value: Any, scope: _Scope) -> None:
        if isinstance(value, list):
            pairs: list[tuple[Any, Any]] = list(enumerate(value))
        elif isinstance(value, dict):
            pairs = [(key, value[key]) for key in keys_in_order(value)]
        else:
            pairs = []
        if not pairs or node.program is None:
            if not pairs:
                self.program(node.inverse, scope)
            return
        last, outer = len(pairs) - 1, scope.context
        for index, (key, one) in enumerate(pairs):
            self._budget.step()
            variables = {"index": index, "key": key, "first": index == 0, "last": index == last}
            inner = _Scope(
                outer if _same(one, outer.value) else _Context(one, outer),
                _Frame(variables, scope.frame),
                scope.named,
                scope.partials,
                scope.bound,
            )
            self.program(node.program, inner.naming(node.program, one, key))

    def _partial(self, node: Partial, scope: _Scope) -> None:
        name = self._name(node.name, scope)
        if name == "@partial-block":
            if scope.bound is None:
                raise RenderingError("The partial @partial-block could not be found.")
            program, partials = scope.bound.program, scope.bound.scope.partials
            bound = scope.bound.scope.bound
        else:
            found = scope.partials.get(name)
            if found is None:
                raise RenderingError(f"The partial {name} could not be found.")
            program, partials, bound = found, scope.partials, None
        self._use(node, program, replace(scope, partials=partials, bound=bound), scope)

    def _partial_block(self, node: Block, scope: _Scope) -> None:
        """Render a partial around a block's content, or the content where there is none."""
        partial, content = node.partial, node.program
        if partial is None or content is None:  # pragma: no cover - the parser gives both
            return
        within = replace(scope, partials=self._joined(scope.partials, content.partials))
        program = scope.partials.get(self._name(partial.name, scope))
        if program is None:
            self._use(partial, content, scope, scope)
            return
        bound = replace(within, bound=_Bound(content, scope))
        self._use(partial, program, bound, scope)

    def _use(self, node: Partial, program: Program, inner: _Scope, scope: _Scope) -> None:
        """Render a partial's program with the context and the values it is given."""
        value = scope.context.value
        if node.context is not None:
            value = self._value(node.context, scope)
            value = {} if value is MISSING or value is None else value
        if node.hash:
            own = {name: self._value(one, scope) for name, one in node.hash.items()}
            value = self._joined(value if isinstance(value, Mapping) else {}, own)
        inner = inner.inside(value)
        if not node.indent:
            self.program(program, inner)
            return
        outer, self.out = self.out, []
        self.program(program, inner)
        text, self.out = "".join(self.out), outer
        lines = text.split("\n")
        self._budget.write(node.indent * len(lines))
        last = len(lines) - 1
        self.out.append(
            "\n".join(
                node.indent + line if line or at < last else line for at, line in enumerate(lines)
            )
        )

    def _name(self, name: str | Expression, scope: _Scope) -> str:
        """Give a partial's name, or work it out."""
        if isinstance(name, str):
            return name
        return text_of(self._value(name, scope), self._budget.step)

    def _joined(self, under: Mapping[str, T], over: Mapping[str, T]) -> dict[str, T]:
        self._budget.step(len(under) + len(over))
        return {**under, **over}

    def _value(self, wanted: Expression, scope: _Scope) -> Any:
        if isinstance(wanted, Path):
            return self._resolve(wanted, scope)
        if isinstance(wanted, Literal):
            return wanted.value
        self._budget.step()
        value, name = (self._value(one, scope) for one in wanted.params)
        return look_up(value, text_of(name, self._budget.step))

    def _resolve(self, path: Path, scope: _Scope) -> Any:
        if path.data:
            value, parts = self._data_variable(path, scope)
        else:
            value, parts = _start(path, scope)
        for part in parts:
            value = look_up(value, part)
            if value is MISSING:
                return MISSING
        return value

    def _data_variable(self, path: Path, scope: _Scope) -> tuple[Any, tuple[str, ...]]:
        if not path.parts:
            return MISSING, ()
        name, rest = path.parts[0], path.parts[1:]
        if name == "root":
            return self._root, rest
        frame = scope.frame
        for _ in range(path.up):
            if frame is None:
                break
            frame = frame.outer
        while frame is not None:
            if name in frame.values:
                return frame.values[name], rest
            frame = frame.outer
        return MISSING, ()


def _start(path: Path, scope: _Scope) -> tuple[Any, tuple[str, ...]]:
    """Find the value that a path starts from, and what is left of the path."""
    named = scope.named
    if path.parts and not path.scoped:
        while named is not None:
            if path.parts[0] in named.values:
                return named.values[path.parts[0]], path.parts[1:]
            named = named.outer
    context: _Context | None = scope.context
    for _ in range(path.up):
        if context is None:
            break
        context = context.outer
    return (MISSING if context is None else context.value), path.parts


def _kept(node: Output) -> str:
    """Give the text of what the service fills in later. Raises MissingAttribute for all else."""
    if node.value.written in KEPT:
        return f"{{{{{node.value.written}}}}}"
    raise MissingAttribute(node.value.written)


def _same(value: Any, other: Any) -> bool:
    """Tell whether a block's context is the one around it, so that `../` does not lead to it."""
    if isinstance(value, dict | list) or isinstance(other, dict | list):
        return value is other
    if isinstance(value, str) and len(value) > _SHORT:
        return value is other  # comparing long texts again and again would take long
    return type(value) is type(other) and bool(value == other)
