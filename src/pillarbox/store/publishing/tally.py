"""Tells of the events that a transaction stored, once it is committed: for metrics.

What a transaction stores is gathered on its connection; a commit tells it, a rollback forgets it.
`store/publishing/counts.py` says why there are two that count events.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, Engine, event

from pillarbox.model.event import Event

_KEY = "pillarbox_tally"
#: (account, type of event): how many.
Tally = Counter[tuple[str, str]]


def tell_commits(engine: Engine, told: Callable[[Tally], None]) -> None:
    """Have `told` called after each commit that stored events, in the thread that committed."""

    def begin(conn: Connection) -> None:
        conn.info[_KEY] = Counter()

    def commit(conn: Connection) -> None:
        found = conn.info.pop(_KEY, None)
        if found:
            told(found)

    def rollback(conn: Connection) -> None:
        conn.info.pop(_KEY, None)

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", commit)
    event.listen(engine, "rollback", rollback)


def note_events(conn: Connection, new: Iterable[Event]) -> None:
    """Gather events that this transaction stores; nothing where nobody is told of them.

    What a savepoint of it takes back stays gathered.
    """
    gathered: Tally | None = conn.info.get(_KEY)
    if gathered is not None:
        gathered.update((one.account_id, one.type) for one in new)
