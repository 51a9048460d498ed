"""Whether an account has anything of a kind."""

from sqlalchemy import Connection, select

from pillarbox.store.tables import event_destinations, send_counts


def any_message(conn: Connection, account_id: str) -> bool:
    """Tell whether the account has ever had a recipient accepted."""
    query = select(send_counts.c.bucket).where(send_counts.c.account_id == account_id).limit(1)
    return conn.execute(query).first() is not None


def any_event_destination(conn: Connection, account_id: str) -> bool:
    """Tell whether the account has an event destination."""
    query = (
        select(event_destinations.c.id)
        .where(event_destinations.c.account_id == account_id)
        .limit(1)
    )
    return conn.execute(query).first() is not None
