"""Reads the rule of a segment: a text such as `opened in 30 days and not clicked`.

    rule      = every *( "or" every )
    every     = clause *( "and" clause )
    clause    = "not" clause / "(" rule ")" / never / attribute / did
    never     = "never" KIND [ "after" NUMBER ( "sends" / "sent" ) ]
    attribute = "attribute" WORD [ "is" WORD ]
    did       = KIND [ "at" "least" NUMBER "times" / "in" NUMBER ( "days" / "hours" ) ]

KIND is one of `model/engagement.py`. A WORD with spaces stands between double quotes. Only the
names and values of attributes are told apart by case. Takes a text, hands on a `model.segment`
Rule.
"""

import re

from pillarbox.model.engagement import KINDS
from pillarbox.model.segment import Did, Either, Every, Has, Not, Rule

MAX_TEXT = 2000
MAX_DEPTH = 20
MAX_NUMBER = 100_000
_TOKEN = re.compile(r'\s*(?:("[^"]*")|([()])|([^\s()"]+))')
_NUMBER = re.compile(r"[0-9]{1,6}")
_UNITS = {"day": 86_400_000, "hour": 3_600_000}


class RuleError(ValueError):
    """The text is no rule; the message says why, fit to be shown."""


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises RuleError."""
    if len(text) > MAX_TEXT:
        raise RuleError(f"A rule has {MAX_TEXT} characters at most.")
    reader = _Reader(_tokens(text))
    rule = reader.either(0)
    if reader.peek() is not None:
        raise RuleError(f"{reader.peek()} can't follow here; 'and', 'or' or the end can.")
    return rule


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise RuleError("A quotation mark is not closed.")
        found.append(match[0].strip())
        place = match.end()
    return found


class _Reader:
    """Goes through the words of a rule."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str | None:
        """Give the next word; None at the end."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def either(self, depth: int) -> Rule:
        """Read rules that "or" joins."""
        rules = [self._every(depth)]
        while self._takes("or"):
            rules.append(self._every(depth))
        return rules[0] if len(rules) == 1 else Either(tuple(rules))

    def _every(self, depth: int) -> Rule:
        rules = [self._clause(depth)]
        while self._takes("and"):
            rules.append(self._clause(depth))
        return rules[0] if len(rules) == 1 else Every(tuple(rules))

    def _clause(self, depth: int) -> Rule:
        if depth > MAX_DEPTH:
            raise RuleError(f"A rule goes {MAX_DEPTH} parentheses deep at most.")
        if self._takes("not"):
            return Not(self._clause(depth + 1))
        if self._takes("("):
            rule = self.either(depth + 1)
            self._must("a closing parenthesis", ")")
            return rule
        if self._takes("never"):
            return self._never()
        if self._takes("attribute"):
            return self._attribute()
        return self._did()

    def _never(self) -> Rule:
        not_done = Not(Did(self._kind()))
        if not self._takes("after"):
            return not_done
        sends = self._number()
        self._must("'sends'", "sends", "send", "sent")
        return Every((Did("sent", sends), not_done))

    def _attribute(self) -> Rule:
        name = self._word("an attribute's name")
        return Has(name, self._word("a value") if self._takes("is") else None)

    def _did(self) -> Rule:
        kind = self._kind()
        if self._takes("at"):
            self._must("'least'", "least")
            times = self._number()
            self._must("'times'", "times", "time")
            return Did(kind, times)
        if self._takes("in"):
            number = self._number()
            unit = self._must("'days' or 'hours'", "days", "day", "hours", "hour")
            return Did(kind, within=number * _UNITS[unit.removesuffix("s")])
        return Did(kind)

    def _kind(self) -> str:
        return self._must(f"one of {', '.join(KINDS)}", *KINDS)

    def _number(self) -> int:
        word = self._word("a number")
        if not _NUMBER.fullmatch(word) or not 1 <= int(word) <= MAX_NUMBER:
            raise RuleError(f"{word} stands where a number from 1 to {MAX_NUMBER} must be.")
        return int(word)

    def _takes(self, wanted: str) -> bool:
        found = (self.peek() or "").lower() == wanted
        self._next += found
        return found

    def _must(self, wanted: str, *words: str) -> str:
        word = self.peek()
        if word is None or word.lower() not in words:
            raise RuleError(f"{word or 'The end'} stands where {wanted} must be.")
        self._next += 1
        return word.lower()

    def _word(self, wanted: str) -> str:
        word = self.peek()
        if word is None or word in "()":
            raise RuleError(f"{word or 'The end'} stands where {wanted} must be.")
        self._next += 1
        return word[1:-1] if word.startswith('"') else word
