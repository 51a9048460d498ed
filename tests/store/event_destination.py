"""An event destination in tests: a topic, and adding destinations to a set."""

from sqlalchemy import delete

from pillarbox.manage.sets.event_destinations import create_event_destination
from pillarbox.model.event_destination import Sns
from pillarbox.store.tables import outbox
from tests.store.rows import ACCOUNT, NOW

TOPIC = Sns("arn:aws:sns:us-east-1:123456789012:events")


def create_destination(
    conn, name="a", target=TOPIC, types=("SEND",), set_name="spring", *, told=False, **more
):
    """Add a destination; `told`: leave it that its topic is to be told that it works."""
    create_event_destination(
        conn,
        ACCOUNT,
        set_name,
        name,
        enabled=True,
        event_types=types,
        targets=(target,),
        now=NOW,
        **more,
    )
    if not told:
        conn.execute(delete(outbox).where(outbox.c.event_id == outbox.c.message_id))
