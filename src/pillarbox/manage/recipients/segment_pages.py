"""Segments as a page shows them: counts and members of a bounded part of the recipients.

A rule may hold for few of very many recipients, and nothing but a walk over them finds those. So a
page walks over PORTION of them, by address, and says where it ended; the next one goes on there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.manage.recipients.segments import Members, read_rule
from pillarbox.model.engagement import Engagement
from pillarbox.model.segment import Rule, Segment
from pillarbox.store.lists import segments as rows

#: Recipients that one page looks at.
PORTION = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many recipients; `whole`: of all, not of the first PORTION by address."""

    number: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSegments:
    """Segments of an application, each with its count; `everybody`: all its recipients."""

    everybody: Counted
    segments: Page[tuple[Segment, Counted]]


def list_counted(
    conn: Connection,
    paging: Paging,
    application: str,
    *,
    token: str | None,
    size: int,
    now: int,
    contains: str = "",
    portion: int = PORTION,
) -> CountedSegments:
    """Give a page of an application's saved segments in its order, each with how many recipients of
    the first `portion` it has now; `contains`: only those with this in their names, without regard
    to case. Raises BadRequest.
    """
    _, limit = read_page(paging, token, size)
    saved = rows.list_segments(conn, paging.account_id)
    part = contains.lower()
    found = [one for one in saved if one.application == application and part in one.name.lower()]
    page = paging.cut(found, token, limit, lambda one: one.name)
    rules: list[Rule | None] = [None, *(read_rule(one.rule) for one in page.items)]
    counts = _count(conn, paging.account_id, application, rules, now, portion)
    counted = tuple(zip(page.items, counts[1:], strict=True))
    return CountedSegments(everybody=counts[0], segments=Page(counted, page.next_token))


def count_some(conn: Connection, members: Members, *, portion: int = PORTION) -> Counted:
    """Count the members among the first `portion` recipients."""
    return _count(
        conn, members.account_id, members.application, [members.rule], members.now, portion
    )[0]


def page_of_members(
    conn: Connection,
    paging: Paging,
    members: Members,
    *,
    token: str | None,
    size: int,
    portion: int = PORTION,
) -> Page[Engagement]:
    """Give a page of members by address, either way round, of `portion` recipients: it may have
    fewer than `size` and yet a next one. Raises BadRequest.
    """
    after, limit = read_page(paging, token, size)
    end = rows.end_of_portion(
        conn,
        members.account_id,
        members.application,
        after=after,
        portion=portion,
        order=paging.order,
    )
    found = rows.list_members(
        conn,
        members.account_id,
        members.application,
        members.rule,
        now=members.now,
        after=after,
        limit=limit + 1,
        until=end,
        order=paging.order,
    )
    page = paging.page(found, limit, lambda one: one.folded)
    if page.next_token is None and end is not None:
        return Page(page.items, paging.token(end))
    return page


def _count(
    conn: Connection,
    account_id: str,
    application: str,
    rules: Sequence[Rule | None],
    now: int,
    portion: int,
) -> list[Counted]:
    end = rows.end_of_portion(conn, account_id, application, after="", portion=portion)
    numbers = rows.count_each(conn, account_id, application, rules, now=now, until=end)
    return [Counted(number=one, whole=end is None) for one in numbers]
