"""Changes by the API, written into the audit log."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from pillarbox.manage.people.audit import Actor, record_audit
from pillarbox.store.store import Store
from pillarbox.wire.http.change_record import ChangeRecord, Recorder

#: Who calls without a key, from this very machine.
NOBODY = "local"


def new_recorder(store: Store, clock: Callable[[], int]) -> Recorder:
    """Give what writes a change into the audit log."""

    async def record(change: ChangeRecord) -> None:
        await store.write(partial(_write, change=change, now=clock()))

    return record


def _write(conn: Connection, *, change: ChangeRecord, now: int) -> None:
    caller = change.caller
    actor = Actor(
        name=caller.access_key_id or NOBODY,
        via="api",
        source_ip=caller.source_ip,
    )
    record_audit(
        conn,
        actor,
        now=now,
        action=change.action,
        subject=change.subject,
        account_id=caller.account_id,
    )
