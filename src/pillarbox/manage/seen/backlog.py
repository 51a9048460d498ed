"""What destinations have not got: how far each is behind, dead letters, publishing those again.

Functions on a connection, to be run in a transaction of the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.store.publishing import dead_letters as rows
from pillarbox.store.publishing.dead_letters import DeadLetter
from pillarbox.store.publishing.lag import DestinationRow, Lag, find_lags, list_destinations
from pillarbox.store.publishing.outbox import read_records

#: Dead letters that one transaction moves or removes.
PORTION = 500


@dataclass(frozen=True, slots=True)
class Backlog:
    """An event destination, and how far it is behind."""

    destination: DestinationRow
    lag: Lag

    @property
    def name(self) -> str:
        """The names of its set and of itself."""
        return f"{self.destination.configuration_set}/{self.destination.name}"


def list_backlog(
    conn: Connection, paging: Paging, *, token: str | None, size: int, behind: bool, now: int
) -> Page[Backlog]:
    """Give the destinations of all configuration sets by set and name; `behind`: only those that
    have not got everything. Raises BadRequest for a foreign token.
    """
    name, _ = read_page(paging, token, size)
    set_name, _, destination = name.partition("/")
    found = list_destinations(
        conn, paging.account_id, after=(set_name, destination), limit=size + 1, behind=behind
    )
    page = paging.page(found, size, lambda one: f"{one.configuration_set}/{one.name}")
    lags = find_lags(conn, [one.id for one in page.items], now)
    return Page(tuple(Backlog(one, lags[one.id]) for one in page.items), page.next_token)


def get_dead_letter(
    conn: Connection, account_id: str, event_id: bytes, destination_id: bytes
) -> tuple[DeadLetter, Mapping[str, Any] | None]:
    """Give a dead letter with its event's record, None when that is kept no more. Raises
    NotFound.
    """
    found = rows.find_dead_letter(conn, account_id, event_id, destination_id)
    if found is None:
        raise NotFound("This dead letter is not there: it was published again, or discarded.")
    record = read_records(conn, [event_id]).get(event_id)
    return found, record.body if record else None


def letters_of(conn: Connection, account_id: str, destination_id: bytes) -> DeadLetter:
    """Give the newest dead letter of a destination. Raises NotFound for one without any."""
    found = rows.page_dead_letters(conn, account_id, destination_id=destination_id, limit=1)
    if not found:
        raise NotFound("No dead letters of this destination are there.")
    return found[0]


def replay_portion(
    conn: Connection,
    account_id: str,
    destination_id: bytes,
    *,
    event_id: bytes | None = None,
    now: int,
) -> int:
    """Publish some dead letters of a destination again, or one; give how many there were.

    Raises BadRequest where the destination is gone.
    """
    first = rows.page_dead_letters(conn, account_id, destination_id=destination_id, limit=1)
    if first and first[0].gone:
        raise BadRequest("This destination is deleted: nothing can be published there again.")
    return rows.replay_of(
        conn, account_id, destination_id, event_id=event_id, now=now, limit=PORTION
    )


def discard_portion(
    conn: Connection, account_id: str, destination_id: bytes, *, event_id: bytes | None = None
) -> int:
    """Discard some dead letters of a destination, or one; give how many there were."""
    return rows.discard_of(conn, account_id, destination_id, event_id=event_id, limit=PORTION)
