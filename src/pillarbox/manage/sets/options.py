"""The options of a configuration set: each Put replaces its group of options as a whole.

Functions on a connection, to be run in a transaction of the store. They take plain values, so that
all APIs share them. Raises NotFound when there is no such set, before anything else; BadRequest in
the real service's words (facts §2.3, §2.4).
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.sets.configuration_sets import Tracking, check_pool, check_tracking, hold_set
from pillarbox.store.lists.suppression import write_reasons
from pillarbox.store.sets.configuration_sets import update_configuration_set

HTTPS_POLICIES = ("OPTIONAL", "REQUIRE", "REQUIRE_OPEN_ONLY")


def put_sending(conn: Connection, account_id: str, name: str, *, enabled: bool, now: int) -> None:
    """Pause or resume a set. Resuming begins its reputation anew: LastFreshStart (facts §9)."""
    held = hold_set(conn, account_id, name)
    if held.sending_enabled == enabled:
        return
    changes: dict[str, object] = {"sending_enabled": enabled}
    if enabled:
        changes["last_fresh_start"] = now
    update_configuration_set(conn, account_id, name, changes)


def put_reputation(conn: Connection, account_id: str, name: str, *, metrics: bool) -> None:
    """Say whether reputation metrics are kept."""
    hold_set(conn, account_id, name)
    update_configuration_set(conn, account_id, name, {"reputation_metrics": metrics})


def put_delivery(
    conn: Connection,
    account_id: str,
    name: str,
    *,
    tls_policy: str | None,
    sending_pool: str | None,
    max_delivery_seconds: int | None,
    keep_lifetime: bool = False,
) -> None:
    """Say how a set's mail is delivered. Mail accepted before keeps what it was accepted with.

    `keep_lifetime`: for APIs that do not know MaxDeliverySeconds, which then stays as it is.
    """
    held = hold_set(conn, account_id, name)
    check_pool(conn, account_id, sending_pool)
    lifetime = held.max_delivery_seconds if keep_lifetime else max_delivery_seconds
    changes = {
        "tls_policy": tls_policy,
        "sending_pool": sending_pool,
        "max_delivery_seconds": lifetime,
    }
    update_configuration_set(conn, account_id, name, changes)


def put_suppression(
    conn: Connection, account_id: str, name: str, *, reasons: Sequence[str] | None
) -> None:
    """Say for which reasons recipients are suppressed; None: those of the account."""
    hold_set(conn, account_id, name)
    written = None if reasons is None else write_reasons(reasons)
    update_configuration_set(conn, account_id, name, {"suppressed_reasons": written})


def put_tracking(
    conn: Connection,
    account_id: str,
    name: str,
    tracking: Tracking,
    *,
    everything_verified: bool,
    keep_policy: bool = False,
) -> None:
    """Replace the tracking options; with neither member they are cleared.

    `keep_policy`: for APIs that do not know HttpsPolicy, which then stays as it is while there is a
    domain. Raises NotFound or BadRequest.
    """
    held = hold_set(conn, account_id, name)
    if tracking == Tracking():
        _write_tracking(conn, account_id, name, tracking)
        return
    checked = check_tracking(conn, account_id, tracking, everything_verified=everything_verified)
    policy = held.https_policy if keep_policy else checked.https_policy
    if policy is not None and policy not in HTTPS_POLICIES:
        raise BadRequest(
            "1 validation error detected: Value at 'httpsPolicy' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(HTTPS_POLICIES)}]"
        )
    domain = checked.custom_redirect_domain
    kept = Tracking(custom_redirect_domain=domain, https_policy=policy)
    _write_tracking(conn, account_id, name, kept)


def _write_tracking(conn: Connection, account_id: str, name: str, tracking: Tracking) -> None:
    changes = {
        "custom_redirect_domain": tracking.custom_redirect_domain,
        "https_policy": tracking.https_policy,
    }
    update_configuration_set(conn, account_id, name, changes)
