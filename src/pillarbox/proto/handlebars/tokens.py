"""The tokens of a Handlebars template: text, tags, and what stands inside a tag.

Takes the source; hands on `Tag`s in their order. One pass, linear in the source. The rules are
those of the language's own lexer (handlebarsjs.com, Language Guide), so that both read the same.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from pillarbox.proto.handlebars.nodes import Strip, TemplateSyntaxError

#: A token inside a tag: what kind it is, and its text without quotes and brackets.
Token = tuple[str, str]

_OPEN = re.compile(r"\{\{(?P<strip>~?)(?P<kind>#>|#\*|#|/|>|\^|\{|&|\*)?")
_COMMENT_END = re.compile(r"--(~?)\}\}")
_SEGMENT_ESCAPE = re.compile(r"\\([\\\]])")
_ELSE = re.compile(r"\s*else\b")
_RAW_OPEN = re.compile(r"\{\{\{\{(?!/)")
_RAW_CLOSE = re.compile(r"\{\{\{\{/([^\s!-,./;->@\[-^`{-~]+)\}\}\}\}")
_ESCAPED_END = re.compile(r"\\{0,2}\{\{")
_ID = r"[^\s!\"#%-,./;->@\[-^`{-~]+(?=[=~}\s/.)\]|])"
_AFTER_LITERAL = r"(?=[~}\s)\]])"
_TOKEN = re.compile(
    rf"""
      (?P<SPACE>\s+)
    | (?P<CLOSE_RAW>\}}\}}\}}\}})
    | (?P<CLOSE_UNESCAPED>\}}~?\}}\}})
    | (?P<CLOSE>~?\}}\}})
    | (?P<PUNCTUATION>[()=@|])
    | (?P<ID1>\.\.)
    | (?P<ID2>\.(?=[=~}}\s/.)\]|]))
    | (?P<SEPARATOR>[/.])
    | "(?P<STRING1>(?:\\"|[^"])*)"
    | '(?P<STRING2>(?:\\'|[^'])*)'
    | (?P<KEYWORD>(?:true|false|null|undefined){_AFTER_LITERAL})
    | (?P<NUMBER>-?[0-9]+(?:\.[0-9]+)?{_AFTER_LITERAL})
    | (?P<AS>as\s+\|)
    | (?P<ID3>{_ID})
    | \[(?P<SEGMENT>(?:\\\]|[^\]])*)\]
    """,
    re.VERBOSE,
)
_ENDS = {"CLOSE", "CLOSE_UNESCAPED", "CLOSE_RAW"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A piece of the template.

    `kind`: `text`, `comment`, `raw` (a whole raw block, its content in `text`), or what stands
    after the braces: ``, `{`, `&`, `#`, `#*`, `#>`, `/`, `>`, `^`, `else`.
    """

    kind: str
    text: str = ""
    tokens: tuple[Token, ...] = ()
    strip: Strip = field(default_factory=Strip)
    at: int = 0


def read_tags(source: str) -> Iterator[Tag]:
    """Give the pieces of a template. Raises TemplateSyntaxError."""
    at, end = 0, len(source)
    while at < end:
        opening = source.find("{{", at)
        if opening < 0:
            yield Tag("text", source[at:], at=at)
            return
        text = source[at:opening]
        if text.endswith("\\") and not text.endswith("\\\\"):
            if text[:-1]:
                yield Tag("text", text[:-1], at=at)
            at = yield from _escaped(source, opening)
            continue
        if text.endswith("\\\\"):
            text = text[:-1]
        if text:
            yield Tag("text", text, at=at)
        tag, at = _read_tag(source, opening)
        yield tag


def _escaped(source: str, opening: int) -> Generator[Tag, None, int]:
    r"""Give the text of `\{{...`, up to the next braces."""
    found = _ESCAPED_END.search(source, opening + 2)
    stop = found.start() if found else len(source)
    yield Tag("text", source[opening:stop], at=opening)
    return stop


def _read_tag(source: str, at: int) -> tuple[Tag, int]:
    if _RAW_OPEN.match(source, at):
        return _read_raw(source, at)
    opened = _OPEN.match(source, at)
    if opened is None:  # pragma: no cover - it always matches at two braces
        raise _broken(source, at)
    before, kind, inside = bool(opened["strip"]), opened["kind"], opened.end()
    if source.startswith("!", inside):
        return _read_comment(source, at, inside, before=before)
    if (word := _ELSE.match(source, inside)) and not kind:
        kind, inside = "else", word.end()
    tokens, end, closing = read_tokens(source, inside)
    after = "~" in closing
    if closing.replace("~", "") != ("}}}" if kind == "{" else "}}"):
        raise _broken(source, at)
    return Tag(kind or "", "", tokens, Strip(before, after), at), end


def _read_comment(source: str, at: int, inside: int, *, before: bool) -> tuple[Tag, int]:
    if source.startswith("!--", inside):
        found = _COMMENT_END.search(source, inside + 1)
        if found is None:
            raise _broken(source, at)
        return Tag("comment", strip=Strip(before, bool(found[1])), at=at), found.end()
    end = source.find("}}", inside)
    if end < 0:
        raise _broken(source, at)
    return Tag("comment", strip=Strip(before, source[end - 1] == "~"), at=at), end + 2


def _read_raw(source: str, at: int) -> tuple[Tag, int]:
    tokens, inside, closing = read_tokens(source, at + 4)
    names = [text for kind, text in tokens if kind == "ID"]
    if closing != "}}}}" or not names:
        raise _broken(source, at)
    for found in _RAW_CLOSE.finditer(source, inside):
        if found[1] == names[0]:
            return Tag("raw", source[inside : found.start()], tokens, at=at), found.end()
    raise _broken(source, at)


def read_tokens(source: str, at: int) -> tuple[tuple[Token, ...], int, str]:
    """Read the inside of a tag: its tokens, where it ends, and the braces that close it."""
    tokens: list[Token] = []
    start = at
    while (found := _TOKEN.match(source, at)) is not None:
        kind = found.lastgroup or ""
        at = found.end()
        if kind in _ENDS:
            return tuple(tokens), at, found.group()
        if kind != "SPACE":
            tokens.append(_token(kind, found[kind]))
    raise _broken(source, start)


def _token(kind: str, text: str) -> Token:
    if kind == "STRING1":
        return "STRING", text.replace('\\"', '"')
    if kind == "STRING2":
        return "STRING", text.replace("\\'", "'")
    if kind == "SEGMENT":
        return "SEGMENT", _SEGMENT_ESCAPE.sub(r"\1", text)
    if kind.startswith("ID"):
        return "ID", text
    return (text, text) if kind in {"PUNCTUATION", "KEYWORD"} else (kind, text)


def _broken(source: str, at: int) -> TemplateSyntaxError:
    line = source.count("\n", 0, at) + 1
    shown = source[max(0, at - 2) : at + 40].partition("\n")[0]
    return TemplateSyntaxError(f"Parse error on line {line}: near '{shown}'.")


def broken_tag(source: str, tag: Tag, why: str) -> TemplateSyntaxError:
    """Make the error of a tag."""
    return TemplateSyntaxError(f"Parse error on line {source.count(chr(10), 0, tag.at) + 1}: {why}")
