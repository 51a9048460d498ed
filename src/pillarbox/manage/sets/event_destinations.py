"""Event destinations: where a configuration set's events go. Their drivers are `destinations`.

Functions on a connection, to be run in a transaction of the store. They take plain values, so that
all APIs share them, and raise an ApiError in the real service's words (facts §2.2): first what is
wrong with the request, then the set, then the name, then the limit.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, LimitExceeded, NotFound
from pillarbox.base.ids import uuid7
from pillarbox.manage.names import check_destination_name, shortened
from pillarbox.manage.sets.configuration_sets import hold_set, missing_set
from pillarbox.manage.sets.destination_rules import checked_definition
from pillarbox.model.event_destination import EventDestination, Sns, Target
from pillarbox.store.publishing.notices import announce
from pillarbox.store.sets import event_destinations as rows
from pillarbox.store.sets.configuration_sets import find_configuration_set

MAX_EVENT_DESTINATIONS = 10
#: What the topic of a new destination is told (facts §5.4).
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."


def create_event_destination(
    conn: Connection,
    account_id: str,
    configuration_set: str,
    name: str | None,
    *,
    enabled: bool,
    event_types: Sequence[str],
    targets: Sequence[Target],
    now: int,
    most: int = MAX_EVENT_DESTINATIONS,
    dotted_values: bool = True,
) -> None:
    """Add a destination to a set. `targets`: what the call gave, of which there must be one.

    `most`: how many a set may have. `dotted_values`: default values of dimensions may hold `.` and
    `@` (not in Pinpoint v1). Raises BadRequest, NotFound, AlreadyExists or LimitExceeded.
    """
    new = checked_definition(
        check_destination_name(name), enabled, event_types, targets, dotted_values=dotted_values
    )
    hold_set(conn, account_id, configuration_set)
    known = rows.list_event_destinations(conn, account_id, configuration_set)
    if any(one.name == new.name for one in known):
        raise _taken(new.name, configuration_set)
    if len(known) >= most:
        raise LimitExceeded(
            f"The configuration set <{configuration_set}> has {most} event destinations already."
        )
    row_id = uuid7(now)
    if not rows.insert_event_destination(
        conn, account_id, configuration_set, new, row_id=row_id, now=now
    ):
        raise _taken(new.name, configuration_set)
    if isinstance(new.target, Sns) and new.enabled:
        announce(conn, account_id, row_id, VALIDATED, now=now)


def update_event_destination(
    conn: Connection,
    account_id: str,
    configuration_set: str,
    name: str,
    *,
    enabled: bool,
    event_types: Sequence[str],
    targets: Sequence[Target],
    dotted_values: bool = True,
) -> None:
    """Replace a destination's definition as a whole. Raises BadRequest or NotFound."""
    changed = checked_definition(name, enabled, event_types, targets, dotted_values=dotted_values)
    hold_set(conn, account_id, configuration_set)
    if not rows.update_event_destination(conn, account_id, configuration_set, changed):
        raise _missing(name, configuration_set)


def delete_event_destination(
    conn: Connection, account_id: str, configuration_set: str, name: str
) -> None:
    """Delete a destination; what was not yet published there has nowhere to go. Raises NotFound."""
    hold_set(conn, account_id, configuration_set)
    if not rows.delete_event_destination(conn, account_id, configuration_set, name):
        raise _missing(name, configuration_set)


def get_event_destinations(
    conn: Connection, account_id: str, configuration_set: str
) -> list[EventDestination]:
    """Give all destinations of a set by name. Raises NotFound."""
    if find_configuration_set(conn, account_id, configuration_set) is None:
        raise missing_set(configuration_set)
    return rows.list_event_destinations(conn, account_id, configuration_set)


def _taken(name: str, configuration_set: str) -> AlreadyExists:
    return AlreadyExists(
        f"An event destination with name <{name}> already exists for configuration set "
        f"<{configuration_set}>.",
        query_code="EventDestinationAlreadyExists",
    )


def _missing(name: str, configuration_set: str) -> NotFound:
    return NotFound(
        f"An event destination with name <{shortened(name)}> does not exist for configuration set "
        f"<{configuration_set}>.",
        query_code="EventDestinationDoesNotExist",
    )
