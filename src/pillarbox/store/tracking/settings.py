"""Queries that manage tracking settings; `store/tracking/setup.py` is for sending."""

from sqlalchemy import Connection, delete, select, update

from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.store.dialect import upsert
from pillarbox.store.tables import tracking_settings

_FIELDS = tuple(TrackingSetting.__dataclass_fields__)


def list_tracking_settings(conn: Connection, account_id: str) -> dict[str, TrackingSetting]:
    """Give all settings of an account by sender domain; its own is the empty one."""
    columns = tracking_settings.c
    query = (
        select(columns.domain, *(columns[name] for name in _FIELDS))
        .where(columns.account_id == account_id)
        .order_by(columns.domain)
    )
    return {
        row[0]: TrackingSetting(**dict(zip(_FIELDS, row[1:], strict=True)))
        for row in conn.execute(query)
    }


def write_tracking_setting(
    conn: Connection, account_id: str, domain: str, setting: TrackingSetting, now: int
) -> None:
    """Store the setting of a sender domain, or the account's own, in place of what was there."""
    values = {name: getattr(setting, name) for name in _FIELDS} | {"updated_at": now}
    statement = upsert(conn.dialect.name, tracking_settings).values(
        account_id=account_id, domain=domain, **values
    )
    conn.execute(
        statement.on_conflict_do_update(index_elements=["account_id", "domain"], set_=values)
    )


def forget_host(conn: Connection, account_id: str, host: str) -> None:
    """Have the settings that name a host name the service's own."""
    columns = tracking_settings.c
    conn.execute(
        update(tracking_settings)
        .where(columns.account_id == account_id, columns.host == host)
        .values(host=None)
    )


def delete_tracking_setting(conn: Connection, account_id: str, domain: str) -> bool:
    """Delete a setting; tell whether there was one."""
    columns = tracking_settings.c
    statement = delete(tracking_settings).where(
        columns.account_id == account_id, columns.domain == domain
    )
    return conn.execute(statement).rowcount > 0
