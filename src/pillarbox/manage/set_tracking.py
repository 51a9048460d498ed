"""The tracking options of a configuration set, in the order of checks of each API (facts §2.3).

`put_tracking` is SES v2's and Pinpoint's: the set comes first. `create_`, `update_` and
`delete_tracking` are SES v1's: the domain comes before the set, and what is there or missing has
errors of its own. What tracking options mean for a message is `accept`'s.
"""

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.manage.configuration_sets import Tracking, check_tracking, hold_set
from pillarbox.store.configuration_sets import update_configuration_set

HTTPS_POLICIES = ("OPTIONAL", "REQUIRE", "REQUIRE_OPEN_ONLY")


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
        _write(conn, account_id, name, tracking)
        return
    checked = check_tracking(conn, account_id, tracking, everything_verified=everything_verified)
    policy = held.https_policy if keep_policy else checked.https_policy
    if policy is not None and policy not in HTTPS_POLICIES:
        raise BadRequest(
            "1 validation error detected: Value at 'httpsPolicy' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(HTTPS_POLICIES)}]"
        )
    domain = checked.custom_redirect_domain
    _write(conn, account_id, name, Tracking(custom_redirect_domain=domain, https_policy=policy))


def create_tracking(
    conn: Connection, account_id: str, name: str, tracking: Tracking, *, everything_verified: bool
) -> None:
    """Give a set tracking options. Raises BadRequest, NotFound or AlreadyExists."""
    checked = check_tracking(conn, account_id, tracking, everything_verified=everything_verified)
    if hold_set(conn, account_id, name).custom_redirect_domain is not None:
        raise AlreadyExists(
            f"Configuration set <{name}> already has tracking options.",
            query_code="TrackingOptionsAlreadyExistsException",
        )
    _write(conn, account_id, name, checked)


def update_tracking(
    conn: Connection, account_id: str, name: str, tracking: Tracking, *, everything_verified: bool
) -> None:
    """Change the domain of a set's tracking options.

    HttpsPolicy, which SES v1 does not know, stays. Raises BadRequest or NotFound.
    """
    checked = check_tracking(conn, account_id, tracking, everything_verified=everything_verified)
    held = hold_set(conn, account_id, name)
    if held.custom_redirect_domain is None:
        raise _no_tracking(name)
    domain = checked.custom_redirect_domain
    kept = Tracking(custom_redirect_domain=domain, https_policy=held.https_policy)
    _write(conn, account_id, name, kept)


def delete_tracking(conn: Connection, account_id: str, name: str) -> None:
    """Take a set's tracking options away. Raises NotFound."""
    if hold_set(conn, account_id, name).custom_redirect_domain is None:
        raise _no_tracking(name)
    _write(conn, account_id, name, Tracking())


def _no_tracking(name: str) -> NotFound:
    return NotFound(
        f"There are no tracking options for configuration set <{name}>",
        query_code="TrackingOptionsDoesNotExistException",
    )


def _write(conn: Connection, account_id: str, name: str, tracking: Tracking) -> None:
    changes = {
        "custom_redirect_domain": tracking.custom_redirect_domain,
        "https_policy": tracking.https_policy,
    }
    update_configuration_set(conn, account_id, name, changes)
