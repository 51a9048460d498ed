"""An event destination in tests: a topic, and adding destinations to a set."""

from pillarbox.manage.event_destinations import create_event_destination
from pillarbox.model.event_destination import Sns
from tests.store.rows import ACCOUNT, NOW

TOPIC = Sns("arn:aws:sns:us-east-1:123456789012:events")


def create_destination(conn, name="a", target=TOPIC, types=("SEND",), set_name="spring", **more):
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
