"""Segments of recipients: saved, counted, read page by page (docs/segments.md).

Functions on a connection, for the command line and the console. A page is read by itself, so that
nobody waits for a long reader: who becomes or ceases to be a member meanwhile may be in it or not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.model.engagement import Engagement
from pillarbox.model.segment import Rule, Segment
from pillarbox.proto.segment_rule import RuleError, parse_rule
from pillarbox.store.lists import engagement
from pillarbox.store.lists import segments as rows
from pillarbox.store.lists.suppression import folded

#: Saved segments of one account.
MAX_SEGMENTS = 500
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,64}")  # dots alone are no part of a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Which recipients: those of an account's application that a rule holds for; None: all.

    `now`: what "in 30 days" counts back from; the same for all pages.
    """

    account_id: str
    application: str
    rule: Rule | None
    now: int


def create_segment(conn: Connection, account_id: str, new: Segment) -> None:
    """Save a segment. Raises BadRequest, AlreadyExists or LimitExceeded."""
    if not _NAME.fullmatch(new.name):
        raise BadRequest("A segment's name has 1 to 64 letters, digits, '_', '-' and '.'.")
    read_rule(new.rule)
    if len(rows.list_segments(conn, account_id)) >= MAX_SEGMENTS:
        raise LimitExceeded(f"There are {MAX_SEGMENTS} segments already.")
    if not rows.insert_segment(conn, account_id, new):
        raise AlreadyExists(f"There is a segment {new.name} already.")


def change_segment(conn: Connection, account_id: str, changed: Segment) -> None:
    """Give a saved segment another rule. Raises BadRequest or NotFound."""
    read_rule(changed.rule)
    if not rows.change_rule(conn, account_id, changed):
        raise NotFound(f"There is no segment {changed.name}.")


def delete_segment(conn: Connection, account_id: str, application: str, name: str) -> None:
    """Remove a saved segment; its members stay known. Raises NotFound."""
    if not rows.delete_segment(conn, account_id, application, name):
        raise NotFound(f"There is no segment {name}.")


def find_segment(conn: Connection, account_id: str, name: str, application: str = "") -> Segment:
    """Give a saved segment by its name, in an application ("": in any). Raises NotFound; BadRequest
    where more than one application has one of that name.
    """
    found = [
        one
        for one in rows.list_segments(conn, account_id)
        if one.name == name and application in {"", one.application}
    ]
    if not found:
        raise NotFound(f"There is no segment {name}.")
    if len(found) > 1:
        raise BadRequest(f"Which application's {name}: {_listed(found)}?")
    return found[0]


def list_segments(conn: Connection, account_id: str) -> Sequence[Segment]:
    """Give an account's saved segments, by application and name."""
    return rows.list_segments(conn, account_id)


def list_applications(conn: Connection, account_id: str) -> Sequence[str]:
    """Give the applications in which recipients are known."""
    return rows.list_applications(conn, account_id)


def only_application(conn: Connection, account_id: str) -> str:
    """Give the application, where an account has one alone. Raises BadRequest."""
    found = list_applications(conn, account_id)
    if not found:
        raise BadRequest(
            "Nothing is known of any recipient: no event went to a Pinpoint destination yet."
        )
    if len(found) > 1:
        raise BadRequest(f"Which application: {', '.join(found)}?")
    return found[0]


def read_rule(text: str) -> Rule:
    """Read a rule. Raises BadRequest."""
    try:
        return parse_rule(text)
    except RuleError as error:
        raise BadRequest(f"No rule: {error}") from error


def count_members(conn: Connection, members: Members) -> int:
    """Count recipients: one walk over those of the application."""
    return rows.count_members(
        conn, members.account_id, members.application, members.rule, members.now
    )


def list_members(
    conn: Connection, members: Members, *, after: str = "", limit: int
) -> Sequence[Engagement]:
    """Give a page of recipients, by address in lower case; `after`: the last one's `folded`."""
    return rows.list_members(
        conn,
        members.account_id,
        members.application,
        members.rule,
        now=members.now,
        after=folded(after),
        limit=limit,
    )


def find_recipient(
    conn: Connection, account_id: str, address: str
) -> Sequence[tuple[str, Engagement]]:
    """Give what is known of a recipient, by application; nothing of one unknown."""
    applications = list_applications(conn, account_id)
    return rows.find_recipient(conn, account_id, applications, folded(address))


def forget_recipient(conn: Connection, account_id: str, address: str) -> None:
    """Remove what is known of a recipient, in every application. Raises NotFound."""
    if not engagement.forget_recipient(conn, account_id, folded(address)):
        raise NotFound(f"Nothing is known of {address}.")


def _listed(found: Sequence[Segment]) -> str:
    return ", ".join(one.application for one in found)
