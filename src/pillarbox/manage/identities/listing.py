"""Listing identities a page at a time, by name or in another order."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.identities.identities import Identity, shown_identity
from pillarbox.manage.names import shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.store.identity.identities import list_identities as list_identity_rows

DEFAULT_PAGE = MAX_PAGE = 1000
MIN_FILTER, MAX_FILTER = 3, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFilter:
    """Which identities to list. `contains`: part of the name, without regard to case."""

    contains: str | None = None
    kind: str | None = None
    status: str | None = None


def every_identity(
    conn: Connection, account_id: str, *, everything_verified: bool
) -> Iterator[Identity]:
    """Give all identities of an account by name, without their tokens, a page at a time."""
    after = ""
    while rows := list_identity_rows(conn, account_id, after=after, limit=MAX_PAGE):
        for row in rows:
            yield shown_identity(row, (), everything_verified=everything_verified)
        after = rows[-1].name


def list_identities(
    conn: Connection,
    paging: Paging,
    *,
    token: str | None,
    size: int | None,
    least_size: int,
    wanted: IdentityFilter,
    everything_verified: bool,
) -> Page[Identity]:
    """Give a page of identities, without their tokens.

    `least_size`: the smallest page size that may be asked for; 0 means the default (v1).
    """
    if size is not None and not least_size <= size <= MAX_PAGE:
        raise BadRequest(
            f"Value {size} for parameter PageSize is invalid. "
            f"PageSize must be between {least_size} and {MAX_PAGE}."
        )
    _check_filter(wanted)
    try:
        after, order = paging.start(token)
    except BadToken:
        raise BadRequest(f"Invalid NextToken <{shortened(token or '')}>.") from None
    statuses = None if wanted.status is None else (wanted.status,)
    if everything_verified and wanted.status is not None:
        if wanted.status != "SUCCESS":
            return Page((), None)
        statuses = None
    limit = size or DEFAULT_PAGE
    rows = list_identity_rows(
        conn,
        paging.account_id,
        after=after,
        limit=limit + 1,
        contains=wanted.contains,
        kind=wanted.kind,
        statuses=statuses,
        order=order,
    )
    page = paging.page(rows, limit, lambda row: row.name)
    shown = (shown_identity(row, (), everything_verified=everything_verified) for row in page.items)
    return Page(tuple(shown), page.next_token)


def _check_filter(wanted: IdentityFilter) -> None:
    if wanted.contains is not None and not MIN_FILTER <= len(wanted.contains) <= MAX_FILTER:
        raise BadRequest(
            f"IDENTITY_NAME_CONTAINS must be between {MIN_FILTER} and {MAX_FILTER} characters"
        )
