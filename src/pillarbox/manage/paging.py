"""Pages of a list that is sorted by name.

A token says after which name the next page starts, so pages stay whole while rows come and go. It
is opaque and signed with the account and the kind of list: a foreign or changed one is refused.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pillarbox.base.errors import BadRequest
from pillarbox.manage.names import shortened

T = TypeVar("T")

DEFAULT_PAGE, MAX_PAGE = 50, 1000
_MAC_BYTES = 16


class BadToken(ValueError):
    """A token that this list did not give out."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and the token of the next, None when there is none."""

    items: tuple[T, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Makes and reads the tokens of one account's list; `kind` says which list."""

    key: bytes
    account_id: str
    kind: str

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

    def page(self, rows: Sequence[T], size: int, name: Callable[[T], str]) -> Page[T]:
        """Make a page of the rows read, which may be one more than the page holds."""
        items = tuple(rows[:size])
        more = len(rows) > size
        return Page(items, self.token(name(items[-1])) if more else None)

    def _mac(self, name: bytes) -> bytes:
        bound = f"page\0{self.account_id}\0{self.kind}\0".encode()
        return hmac.digest(self.key, bound + name, hashlib.sha256)[:_MAC_BYTES]


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
