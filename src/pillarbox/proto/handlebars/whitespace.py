"""White space control of a parsed template: `~`, and tags that stand alone on their line.

Changes the values of a Program's Text nodes, never their originals. A `~` takes all white space up
to the next text; a block's tags, comments and partials alone on a line take that line with them
(handlebarsjs.com, "Whitespace Control"; the Mustache specification calls such tags standalone).
"""

import re
from dataclasses import dataclass

from pillarbox.proto.handlebars.nodes import (
    Block,
    Comment,
    Node,
    Output,
    Partial,
    Program,
    Strip,
    Text,
)

_LINE_END = re.compile(r"[ \t]*\r?\n?")
_BLANK = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


@dataclass(frozen=True, slots=True)
class _Edges:
    """What a node does to the text around it.

    `inline`: it may stand alone on its line; `opens`, `closes`: its first or last tag may.
    """

    strip: Strip
    inline: bool = False
    opens: bool = False
    closes: bool = False


def control_whitespace(program: Program) -> None:
    """Carry out the white space control of a whole template."""
    _control(program, root=True)


def _control(program: Program, *, root: bool = False) -> None:
    body = program.body
    for at, node in enumerate(body):
        edges = _edges(node)
        if edges is None:
            continue
        before = _blank_before(body, at, root=root)
        after = _blank_after(body, at, root=root)
        if edges.strip.after:
            _strip_start(body, at + 1, everything=True)
        if edges.strip.before:
            _strip_end(body, at - 1, everything=True)
        if edges.inline and before and after:
            _strip_start(body, at + 1)
            indent = _strip_end(body, at - 1)
            if isinstance(node, Partial):
                node.indent = indent
        if isinstance(node, Block):
            first = node.program or node.inverse
            last = node.inverse or node.program
            if edges.opens and before and first is not None:
                _strip_start(first.body, 0)
                _strip_end(body, at - 1)
            if edges.closes and after and last is not None:
                _strip_start(body, at + 1)
                _strip_end(last.body, len(last.body) - 1)


def _edges(node: Node) -> _Edges | None:
    if isinstance(node, Block):
        return None if node.kind == "raw" else _block_edges(node)
    if isinstance(node, Output):
        return _Edges(node.strip)
    if isinstance(node, Comment | Partial):
        return _Edges(node.strip, inline=True)
    return None


def _block_edges(block: Block) -> _Edges:
    """Control what is inside a block, and tell what it does to the text around it."""
    if block.program is not None:
        _control(block.program)
    if block.inverse is not None:
        _control(block.inverse)
    program = block.program or block.inverse
    inverse = block.inverse if block.program is not None else None
    if program is None:  # pragma: no cover - a block has one of them
        return _Edges(Strip())
    first, last = _chain_ends(inverse)
    edges = _Edges(
        Strip(block.open_strip.before, block.close_strip.after),
        opens=_blank_after(program.body, -1),
        closes=_blank_before((first or program).body, len((first or program).body)),
    )
    _strip_inside(block, program, first, last)
    return edges


def _strip_inside(
    block: Block, program: Program, first: Program | None, last: Program | None
) -> None:
    """Carry out what a block's own tags say of the text inside it."""
    if block.open_strip.after:
        _strip_start(program.body, 0, everything=True)
    if first is None or last is None:
        if block.close_strip.before:
            _strip_end(program.body, len(program.body) - 1, everything=True)
        return
    if block.inverse_strip.before:
        _strip_end(program.body, len(program.body) - 1, everything=True)
    if block.inverse_strip.after:
        _strip_start(first.body, 0, everything=True)
    if block.close_strip.before:
        _strip_end(last.body, len(last.body) - 1, everything=True)
    if _blank_before(program.body, len(program.body)) and _blank_after(first.body, -1):
        _strip_end(program.body, len(program.body) - 1)
        _strip_start(first.body, 0)


def _chain_ends(inverse: Program | None) -> tuple[Program | None, Program | None]:
    """Give the first and the last program of what an else leads to."""
    if inverse is None or not inverse.chained:
        return inverse, inverse
    first = inverse.body[0]
    program = first.program if isinstance(first, Block) else None
    last: Program | None = inverse
    while last is not None and last.chained:
        block = last.body[-1]
        if not isinstance(block, Block):  # pragma: no cover - a chain is made of blocks
            break
        following = block.inverse
        last = following if following is not None else block.program
    return program, last


def _blank_before(body: list[Node], at: int, *, root: bool = False) -> bool:
    """Tell whether nothing but blanks stands before a place on its line."""
    if at - 1 < 0 or at - 1 >= len(body):
        return root
    node = body[at - 1]
    if not isinstance(node, Text):
        return False
    text = node.original
    line = text.rfind("\n")
    if text[line + 1 :].strip(_BLANK):
        return False
    return line >= 0 or (at - 2 < 0 and root)


def _blank_after(body: list[Node], at: int, *, root: bool = False) -> bool:
    """Tell whether nothing but blanks stands after a place on its line."""
    if at + 1 >= len(body):
        return root
    node = body[at + 1]
    if not isinstance(node, Text):
        return False
    text = node.original
    line = text.find("\n")
    if (text if line < 0 else text[:line]).strip(_BLANK):
        return False
    return line >= 0 or (at + 2 >= len(body) and root)


def _strip_start(body: list[Node], at: int, *, everything: bool = False) -> None:
    """Take white space off the start of a text: all of it, or up to the end of its line."""
    node = body[at] if at < len(body) else None
    if not isinstance(node, Text) or (node.after_stripped and not everything):
        return
    before = node.value
    if everything:
        node.value = before.lstrip(_BLANK)
    else:
        found = _LINE_END.match(before)
        node.value = before[found.end() :] if found else before
    node.after_stripped = node.value != before


def _strip_end(body: list[Node], at: int, *, everything: bool = False) -> str:
    """Take white space off the end of a text, and give it: all of it, or that of its last line."""
    node = body[at] if 0 <= at < len(body) else None
    if not isinstance(node, Text) or (node.before_stripped and not everything):
        return ""
    before = node.value
    node.value = before.rstrip(_BLANK if everything else " \t")
    node.before_stripped = node.value != before
    return before[len(node.value) :]
