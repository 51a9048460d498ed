"""The tracking options of a configuration set as SES v1 has them: create, update, delete.

Functions on a connection, to be run in a transaction of the store. What is wrong comes in the real
service's order (facts §2.3): the options, their domain, the configuration set, and then whether it
has options already. SES v2 and Pinpoint replace them with one Put; `check_tracking` is common.
"""

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.manage.sets.configuration_sets import Tracking, check_tracking, hold_set
from pillarbox.store.sets.configuration_sets import ConfigurationSetRow
from pillarbox.store.tracking.options import write_tracking_options

NO_OPTIONS = (
    "1 validation error detected: Value at 'trackingOptions' failed to satisfy constraint: "
    "Member must not be null"
)


def create_tracking_options(
    conn: Connection,
    account_id: str,
    name: str,
    options: Tracking | None,
    *,
    everything_verified: bool,
) -> None:
    """Give a set its first options. Raises BadRequest, NotFound or AlreadyExists."""
    checked = _check_options(conn, account_id, options, everything_verified=everything_verified)
    if hold_set(conn, account_id, name).custom_redirect_domain is not None:
        raise AlreadyExists(
            f"Configuration set <{name}> already has tracking options.",
            query_code="TrackingOptionsAlreadyExistsException",
        )
    _write(conn, account_id, name, checked)


def update_tracking_options(
    conn: Connection,
    account_id: str,
    name: str,
    options: Tracking | None,
    *,
    everything_verified: bool,
) -> None:
    """Give a set another domain. Raises BadRequest or NotFound.

    An HttpsPolicy that SES v2 has set stays: v1 does not know it, and can't mean to lift it.
    """
    checked = _check_options(conn, account_id, options, everything_verified=everything_verified)
    row = _find_set_with_options(conn, account_id, name)
    policy = checked.https_policy or row.https_policy
    changed = Tracking(custom_redirect_domain=checked.custom_redirect_domain, https_policy=policy)
    _write(conn, account_id, name, changed)


def delete_tracking_options(conn: Connection, account_id: str, name: str) -> None:
    """Take a set its options. Raises NotFound."""
    _find_set_with_options(conn, account_id, name)
    _write(conn, account_id, name, Tracking())


def _check_options(
    conn: Connection, account_id: str, options: Tracking | None, *, everything_verified: bool
) -> Tracking:
    if options is None:
        raise BadRequest(NO_OPTIONS, query_code="ValidationError")
    if not (options.custom_redirect_domain or "").strip():
        raise BadRequest(
            "At least one field of TrackingOptions must contain a value.",
            query_code="InvalidTrackingOptions",
        )
    return check_tracking(conn, account_id, options, everything_verified=everything_verified)


def _find_set_with_options(conn: Connection, account_id: str, name: str) -> ConfigurationSetRow:
    row = hold_set(conn, account_id, name)
    if row.custom_redirect_domain is None:
        raise NotFound(
            f"There are no tracking options for configuration set <{name}>",
            query_code="TrackingOptionsDoesNotExistException",
        )
    return row


def _write(conn: Connection, account_id: str, name: str, options: Tracking) -> None:
    write_tracking_options(
        conn,
        account_id,
        name,
        domain=options.custom_redirect_domain,
        https_policy=options.https_policy,
    )
