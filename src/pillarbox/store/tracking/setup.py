"""What `accept` has to know of an account's tracking: settings, hosts."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from pillarbox.model.tracking_setup import TrackingHost, TrackingSetting
from pillarbox.store.tables import tracking_hosts, tracking_settings

#: The `domain` of an account's own setting.
ACCOUNT = ""
#: The only state of a host, and of its HTTPS, in which links of new mail go there.
WORKS = "SUCCESS"
_FIELDS = tuple(TrackingSetting.__dataclass_fields__)


def find_tracking_settings(
    conn: Connection, account_id: str, domains: Iterable[str]
) -> dict[str, TrackingSetting]:
    """Give the settings of these sender domains that have one; the account's own is `ACCOUNT`."""
    columns = tracking_settings.c
    query = select(
        columns.domain,
        *(columns[name] for name in _FIELDS),
    ).where(columns.account_id == account_id, columns.domain.in_(list(domains)))
    return {
        row[0]: TrackingSetting(**dict(zip(_FIELDS, row[1:], strict=True)))
        for row in conn.execute(query)
    }


def find_tracking_host(conn: Connection, account_id: str, host: str) -> TrackingHost | None:
    """Give a host of the account as far as mail depends on it, None for one that is not known."""
    columns = tracking_hosts.c
    query = select(tracking_hosts).where(columns.host == host)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    if row.account_id != account_id:
        taken = "it is a tracking host of another account"
        return TrackingHost(host=host, works=False, https=False, reason=taken)
    return TrackingHost(
        host=host,
        works=row.status == WORKS,
        https=row.status == row.https_status == WORKS,
        reason=row.reason or "",
        https_reason=row.https_reason or "",
    )
