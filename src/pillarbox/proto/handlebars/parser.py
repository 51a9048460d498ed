"""Parsing Handlebars templates into `Program`s (handlebarsjs.com, Language Guide).

Takes the source; hands on its Program, white space control done, or raises TemplateSyntaxError.
Known helpers are those that are built in: if, unless, each, with, lookup. A template that names
another one is refused here, since it could never be rendered. Linear in the source; blocks may lie
`MAX_NESTING` deep.
"""

from collections.abc import Sequence
from dataclasses import replace

from pillarbox.proto.handlebars.nodes import (
    Block,
    Comment,
    Expression,
    Literal,
    Node,
    Output,
    Partial,
    Path,
    Program,
    Strip,
    SubExpression,
    Text,
)
from pillarbox.proto.handlebars.tokens import Tag, Token, broken_tag, read_tags
from pillarbox.proto.handlebars.whitespace import control_whitespace

MAX_NESTING = 80
_MAX_CALLS = 20
BLOCK_HELPERS = ("if", "unless", "each", "with")
_NO_STRIP = Strip()
_KEYWORDS = {"true": True, "false": False, "null": None, "undefined": None}
_NAMES = {"ID", "SEGMENT"}


def parse_template(source: str) -> Program:
    """Parse a template. Raises TemplateSyntaxError."""
    parser = _Parser(source)
    program, stop = parser.program(0)
    if stop is not None:
        raise broken_tag(source, stop, f"'{{{{{_shown(stop)}}}}}' closes nothing that is open.")
    control_whitespace(program)
    return program


def _shown(tag: Tag) -> str:
    return tag.kind + ("".join(text for _, text in tag.tokens))


class _Parser:
    """One parse: the pieces of a source, read from front to back."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tags = read_tags(source)

    def program(self, depth: int, block_params: tuple[str, ...] = ()) -> tuple[Program, Tag | None]:
        """Read nodes up to a tag that ends them; give that tag, None at the end."""
        body: list[Node] = []
        partials: dict[str, Program] = {}
        for tag in self._tags:
            if tag.kind in {"/", "else"} or (tag.kind == "^" and not tag.tokens):
                return Program(body, block_params, partials=partials), tag
            node = self._node(tag, depth)
            body.append(node)
            if isinstance(node, Block) and node.kind == "inline" and node.program is not None:
                partials[_inline_name(node)] = node.program
        return Program(body, block_params, partials=partials), None

    def _node(self, tag: Tag, depth: int) -> Node:
        if tag.kind == "text":
            return Text(tag.text, tag.text)
        if tag.kind == "comment":
            return Comment(tag.strip)
        if depth >= MAX_NESTING:
            raise self._error(tag, f"blocks are nested more than {MAX_NESTING} deep.")
        if tag.kind in {"", "{", "&"}:
            return self._output(tag)
        if tag.kind == ">":
            return self._partial(tag)
        if tag.kind == "raw":
            return self._raw(tag)
        if tag.kind == "*":
            raise self._error(tag, "decorators other than inline are not supported.")
        return self._block(tag, depth)

    def _output(self, tag: Tag) -> Output:
        reading = _Reading(self, tag)
        head = _as_path(reading.expression())
        params, hash_ = reading.arguments()
        reading.end()
        value = self._call(tag, head, params) if params or hash_ else head
        return Output(value, tag.kind == "", tag.strip)

    def _call(self, tag: Tag, head: Expression, params: tuple[Expression, ...]) -> SubExpression:
        if not _is_helper(head, ("lookup",)):
            raise self._error(tag, f"there is no helper '{head.written}'.")
        if len(params) != 2:
            raise self._error(tag, "lookup takes two arguments.")
        written = " ".join((head.written, *(one.written for one in params)))
        return SubExpression("lookup", params, written)

    def _partial(self, tag: Tag) -> Partial:
        reading = _Reading(self, tag)
        name = reading.partial_name()
        params, hash_ = reading.arguments()
        reading.end()
        if len(params) > 1:
            raise self._error(tag, "a partial takes one context at most.")
        return Partial(name, params[0] if params else None, hash_, tag.strip)

    def _raw(self, tag: Tag) -> Block:
        reading = _Reading(self, tag)
        subject = reading.expression()
        reading.end()
        body: list[Node] = [Text(tag.text, tag.text)] if tag.text else []
        return Block("raw", subject, {}, Program(body), None, _NO_STRIP, _NO_STRIP, _NO_STRIP)

    def _block(self, tag: Tag, depth: int) -> Block:
        """Read a block with all that is in it, up to its end."""
        if tag.kind == "#>":
            return self._partial_block(tag, depth)
        reading = _Reading(self, tag)
        head = _as_path(reading.expression())
        block = self._opened(tag, reading, head)
        program, inverse, inverse_strip, close = self._inside(
            depth, reading.block_params, head.written
        )
        if tag.kind == "^":
            program, inverse = inverse, program
        if block.kind == "inline" and inverse is not None:
            raise self._error(tag, "an inline partial has no else.")
        return replace(
            block,
            program=program,
            inverse=inverse,
            inverse_strip=inverse_strip,
            close_strip=close,
        )

    def _opened(self, tag: Tag, reading: "_Reading", head: Expression) -> Block:
        """Read what a block's first tag says."""
        params, hash_ = reading.arguments(block=True)
        reading.end()
        kind, subject = "section", head
        if tag.kind == "#*":
            if head.written != "inline" or len(params) != 1:
                raise self._error(tag, "decorators other than inline are not supported.")
            kind, subject = "inline", params[0]
        elif _is_helper(head, BLOCK_HELPERS):
            if len(params) != 1:
                raise self._error(tag, f"#{head.written} takes one argument.")
            kind, subject = head.written, params[0]
        elif params or hash_:
            raise self._error(tag, f"there is no helper '{head.written}'.")
        return Block(kind, subject, hash_, None, None, tag.strip, _NO_STRIP, _NO_STRIP)

    def _partial_block(self, tag: Tag, depth: int) -> Block:
        partial = self._partial(tag)
        name = partial.name if isinstance(partial.name, str) else partial.name.written
        program, inverse, _, close = self._inside(depth, (), name)
        if inverse is not None:
            raise self._error(tag, "a partial block has no else.")
        subject = Literal(name, name)
        strips = (tag.strip, _NO_STRIP, close)
        return Block("partial", subject, {}, program, None, *strips, partial=partial)

    def _inside(
        self, depth: int, params: tuple[str, ...], name: str
    ) -> tuple[Program | None, Program | None, Strip, Strip]:
        """Read a block's program and inverse, with the strips of its else and of its end."""
        program, stop = self.program(depth + 1, params)
        if stop is None:
            raise broken_tag(self._source, Tag(""), f"the block '{name}' is not closed.")
        if stop.kind == "/":
            self._check_end(stop, name)
            return program, None, _NO_STRIP, stop.strip
        if stop.tokens:
            inverse, close = self._chain(stop, depth + 1, name)
            return program, inverse, stop.strip, close
        inverse, end = self.program(depth + 1)
        if end is None or end.kind != "/":
            raise self._error(stop, f"the else of '{name}' is not followed by its end.")
        self._check_end(end, name)
        return program, inverse, stop.strip, end.strip

    def _chain(self, tag: Tag, depth: int, name: str) -> tuple[Program, Strip]:
        """Read `{{else if ...}}`: a block of its own that has no end of its own."""
        if depth >= MAX_NESTING:
            raise self._error(tag, f"blocks are nested more than {MAX_NESTING} deep.")
        reading = _Reading(self, tag)
        block = self._opened(tag, reading, reading.expression())
        program, inverse, inverse_strip, close = self._inside(depth, reading.block_params, name)
        # An inner link of the chain ends where the next one begins.
        chained = inverse is not None and inverse.chained
        block = replace(
            block,
            program=program,
            inverse=inverse,
            inverse_strip=inverse_strip,
            close_strip=inverse_strip if chained else close,
        )
        return Program([block], chained=True), close

    def _check_end(self, tag: Tag, name: str) -> None:
        reading = _Reading(self, tag)
        written = reading.expression().written
        reading.end()
        if written != name:
            raise self._error(tag, f"'{name}' is open, and '{written}' is closed.")

    def _error(self, tag: Tag, why: str) -> Exception:
        return broken_tag(self._source, tag, why)

    def unexpected(self, tag: Tag, token: Token | None) -> Exception:
        """Make the error of a token that can't stand where it does."""
        what = f"'{token[1]}' is not expected here" if token else "something is missing"
        return self._error(tag, f"{what} in '{{{{{_shown(tag)}}}}}'.")


class _Reading:
    """What stands inside one tag, read from left to right."""

    def __init__(self, parser: _Parser, tag: Tag) -> None:
        self._parser = parser
        self._tag = tag
        self._tokens: Sequence[Token] = tag.tokens
        self._at = 0
        self._depth = 0
        self.block_params: tuple[str, ...] = ()

    def end(self) -> None:
        """Check that nothing is left."""
        if self._at < len(self._tokens):
            raise self._unexpected()

    def partial_name(self) -> str | Expression:
        """Read a partial's name; one in parentheses is worked out when it is rendered."""
        if self._peek() == "(":
            return self.expression()
        found = self.expression()
        return str(found.value) if isinstance(found, Literal) else found.written

    def arguments(
        self, *, block: bool = False
    ) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
        """Read the arguments, `key=value` last, and a block's parameters after them."""
        params: list[Expression] = []
        hash_: dict[str, Expression] = {}
        while (kind := self._peek()) is not None and kind != ")":
            if kind == "AS" and block:
                self._read_block_params()
                break
            if kind in _NAMES and self._peek(1) == "=":
                name = self._next()[1]
                self._next()
                hash_[name] = self.expression()
            elif hash_:
                raise self._unexpected()
            else:
                params.append(self.expression())
        return tuple(params), hash_

    def expression(self) -> Expression:
        """Read one value: a path, a literal, or a helper's call in parentheses."""
        kind = self._peek()
        if kind == "(":
            return self._sub_expression()
        if kind == "STRING":
            text = self._next()[1]
            return Literal(text, text)
        if kind == "NUMBER":
            text = self._next()[1]
            return Literal(float(text) if "." in text or len(text) > 15 else int(text), text)
        if kind in _KEYWORDS:
            return Literal(_KEYWORDS[kind], self._next()[1])
        return self._path()

    def _sub_expression(self) -> Expression:
        self._next()
        self._depth += 1
        if self._depth > _MAX_CALLS:
            raise self._unexpected()
        head = self.expression()
        params, _ = self.arguments()
        if self._peek() != ")":
            raise self._unexpected()
        self._next()
        self._depth -= 1
        return self._parser._call(self._tag, head, params)  # noqa: SLF001 - its own half

    def _path(self) -> Path:
        data = self._peek() == "@"
        if data:
            self._next()
        first = self._at
        parts: list[str] = []
        up = 0
        written = "@" if data else ""
        while True:
            kind, text = self._next()
            if kind not in _NAMES:
                self._at -= 1
                raise self._unexpected()
            written += text
            if kind == "ID" and text in {"..", ".", "this"}:
                if parts:
                    self._at -= 1
                    raise self._unexpected()
                up += text == ".."
            else:
                parts.append(text)
            if self._peek() != "SEPARATOR":
                break
            written += self._next()[1]
        begin = self._tokens[first]
        scoped = begin[0] == "ID" and begin[1] in {"..", ".", "this"}
        return Path(tuple(parts), up, data, scoped, written)

    def _read_block_params(self) -> None:
        self._next()
        names: list[str] = []
        while self._peek() in _NAMES:
            names.append(self._next()[1])
        if self._peek() != "|" or not names:
            raise self._unexpected()
        self._next()
        self.block_params = tuple(names)

    def _peek(self, ahead: int = 0) -> str | None:
        at = self._at + ahead
        return self._tokens[at][0] if at < len(self._tokens) else None

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._unexpected()
        self._at += 1
        return self._tokens[self._at - 1]

    def _unexpected(self) -> Exception:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        return self._parser.unexpected(self._tag, token)


def _is_helper(head: Expression, names: Sequence[str]) -> bool:
    return isinstance(head, Path) and not head.scoped and head.written in names


def _as_path(head: Expression) -> Expression:
    """Take a literal where a name is wanted for the name: `{{"a b"}}`."""
    if not isinstance(head, Literal):
        return head
    return Path((head.written,), 0, data=False, scoped=False, written=head.written)


def _inline_name(block: Block) -> str:
    subject = block.subject
    return str(subject.value) if isinstance(subject, Literal) else subject.written
