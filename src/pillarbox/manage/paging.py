"""Pages of a list that is sorted by name, or by a column of its rows and then by name.

A token says after which row the next page starts, so pages stay whole while rows come and go. It
is opaque and signed with the account, the kind of list and its order: a foreign or changed one is
refused.
"""

import base64
import binascii
import hashlib
import hmac
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from pillarbox.base.errors import BadRequest
from pillarbox.manage.names import shortened
from pillarbox.model.list_order import BY_NAME, NAME, ListOrder

T = TypeVar("T")

DEFAULT_PAGE, MAX_PAGE = 50, 1000
_MAC_BYTES = 16
_ended_with = msgspec.json.Decoder(tuple[int | float | str | None, str])


class BadToken(ValueError):
    """A token that this list did not give out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and the token of the next, None when there is none."""

    items: tuple[T, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Makes and reads the tokens of one account's list; `kind` says which list.

    `order`: how it is sorted, as far as the list can be.
    """

    key: bytes
    account_id: str
    kind: str
    order: ListOrder = field(default=BY_NAME)

    def token(self, last_name: str) -> str:
        """Make the token of the page that starts after a name."""
        name = last_name.encode()
        raw = self._mac(name) + name
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def after(self, token: str | None) -> str:
        """Give the name after which a page starts, empty for the first. Raises BadToken."""
        if token is None:
            return ""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            name = raw[_MAC_BYTES:].decode()
        except (UnicodeError, binascii.Error):
            raise BadToken(token) from None
        if not hmac.compare_digest(token, self.token(name)):
            raise BadToken(token)
        return name

    def start(self, token: str | None) -> tuple[str, ListOrder]:
        """Give the name of the row after which a page starts, empty for the first, and the order
        past that row. Raises BadToken.
        """
        text = self.after(token)
        if not text or self.order.by == NAME:
            return text, self.order
        value, name = _ended_with.decode(text)
        return name, self.order.past(value)

    def page(self, rows: Sequence[T], size: int, name: Callable[[T], str]) -> Page[T]:
        """Make a page of the rows read, which may be one more than the page holds.

        In a list that is sorted by a column its rows have an attribute of the column's name, with
        dots between what lies in each other.
        """
        items = tuple(rows[:size])
        if len(rows) <= size:
            return Page(items, None)
        last = name(items[-1])
        if self.order.by != NAME:
            value = attrgetter(self.order.by)(items[-1])
            last = msgspec.json.encode((value, last)).decode()
        return Page(items, self.token(last))

    def cut(
        self, rows: Sequence[T], token: str | None, size: int, name: Callable[[T], str]
    ) -> Page[T]:
        """Make the page of a token from a list that is there as a whole; rows without the value
        that it is sorted by come last, either way. Raises BadToken.
        """
        after, order = self.start(token)

        def place(row: T) -> tuple[Any, ...]:
            known = None if order.by == NAME else attrgetter(order.by)(row)
            return _place(order, known, name(row))

        ordered = sorted(rows, key=place, reverse=order.falling)
        if after:
            last = _place(order, order.value, after)
            way = operator.lt if order.falling else operator.gt
            ordered = [one for one in ordered if way(place(one), last)]
        return self.page(ordered, size, name)

    def _mac(self, name: bytes) -> bytes:
        way = "" if self.order == BY_NAME else f"{self.order.by} {self.order.falling}\0"
        bound = f"page\0{self.account_id}\0{self.kind}\0{way}".encode()
        return hmac.digest(self.key, bound + name, hashlib.sha256)[:_MAC_BYTES]


def _place(order: ListOrder, value: Any, name: str) -> tuple[bool, Any, str]:
    """Say where a row belongs, to be compared with others, in a falling order the other way."""
    unknown = value is None
    return unknown != order.falling, "" if unknown else value, name


def read_page(paging: Paging, token: str | None, size: int | None) -> tuple[str, int]:
    """Give after which name a page starts and how many it holds, as the call asks.

    Raises BadRequest with the texts of the real service's other lists (facts §1.8).
    """
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(f"The page size must be between 1 and {MAX_PAGE}")
    try:
        return paging.after(token), size or DEFAULT_PAGE
    except BadToken:
        raise BadRequest(f"invalid nextToken {shortened(token or '')}") from None
