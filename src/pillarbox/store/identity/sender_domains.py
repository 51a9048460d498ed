"""The domains that an account may send from, all together."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from pillarbox.store.tables import identities


def sender_domains(conn: Connection, account_id: str, statuses: Sequence[str] | None) -> list[str]:
    """Name the account's domain identities in one of the states, None: in any, by name."""
    columns = identities.c
    query = select(columns.name).where(columns.account_id == account_id, columns.kind == "DOMAIN")
    if statuses is not None:
        query = query.where(columns.status.in_(statuses))
    return list(conn.execute(query.order_by(columns.name)).scalars())
