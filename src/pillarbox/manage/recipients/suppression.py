"""The suppression list of an account: entries put, read, deleted, listed.

Functions on a connection, to be run in a transaction of the store. Entries are kept with the case
of their local part and the domain in lower case, as the real service does; recipients are compared
with them without regard to case (`store/lists/suppression.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, InvalidNextToken, NotFound
from pillarbox.manage.names import shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.proto.mime.addresses import AddressError, parse_address
from pillarbox.store.lists import suppression as rows
from pillarbox.store.lists.suppression import SuppressedRow

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionFilter:
    """Which entries a list has; empty: all. `since`, `until`: milliseconds since the epoch."""

    reasons: Sequence[str] = ()
    since: int | None = None
    until: int | None = None


def put_suppressed(
    conn: Connection, account_id: str, address: str, *, reason: str, now: int
) -> None:
    """Put an address on the list, or change its reason. Raises BadRequest."""
    row = SuppressedRow(
        account_id=account_id, address=canonical_address(address), reason=reason, updated_at=now
    )
    rows.put_suppressed(conn, row)


def get_suppressed(conn: Connection, account_id: str, address: str) -> SuppressedRow:
    """Give an entry. Raises BadRequest or NotFound."""
    name = canonical_address(address)
    row = rows.find_suppressed(conn, account_id, name)
    if row is None:
        raise _missing(name)
    return row


def delete_suppressed(conn: Connection, account_id: str, address: str) -> None:
    """Take an address off the list. Raises BadRequest or NotFound."""
    name = canonical_address(address)
    if not rows.delete_suppressed(conn, account_id, name):
        raise _missing(name)


def list_suppressed(
    conn: Connection,
    paging: Paging,
    *,
    token: str | None,
    size: int | None,
    wanted: SuppressionFilter,
) -> Page[SuppressedRow]:
    """Give a page of entries by address, or in the order of `paging`.

    Raises BadRequest or InvalidNextToken.
    """
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(f"The page size must be between 1 and {MAX_PAGE}")
    try:
        after, order = paging.start(token)
    except BadToken:
        raise InvalidNextToken from None
    limit = size or MAX_PAGE
    found = rows.list_suppressed(
        conn,
        paging.account_id,
        after=after,
        limit=limit + 1,
        reasons=wanted.reasons,
        since=wanted.since,
        until=wanted.until,
        order=order,
    )
    return paging.page(found, limit, lambda row: row.address)


def canonical_address(address: str) -> str:
    """Give an address as the list keeps it. Raises BadRequest for what is no bare address."""
    text = address.strip()
    try:
        mailbox = parse_address(text)
    except AddressError:
        raise _no_address(text) from None
    if mailbox.display or "<" in text:
        raise _no_address(text)
    return mailbox.address


def _no_address(text: str) -> BadRequest:
    return BadRequest(f"Invalid email address<{shortened(text)}>.")


def _missing(address: str) -> NotFound:
    return NotFound(f"Email address {address} does not exist on your suppression list.")
