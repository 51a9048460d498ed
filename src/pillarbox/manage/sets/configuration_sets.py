"""Configuration sets: the rules a message is sent by.

Functions on a connection, to be run in a transaction of the store. They take what an API call says
and hand on the set as it then is, or raise an ApiError in the real service's words (facts §2.1,
§2.3, §2.4). What is wrong with the request itself comes before what it refers to, and that before
whether the name is taken.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.manage.identities.identities import covers
from pillarbox.manage.names import canonical_domain, check_resource_tags, check_set_name, shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.manage.tags import Tags, read_tags, write_tags
from pillarbox.model.sending_address import RESERVED_POOLS
from pillarbox.store.generations import bump_generation
from pillarbox.store.lists.suppression import read_reasons, write_reasons
from pillarbox.store.sets.configuration_sets import (
    ConfigurationSetRow,
    SetName,
    count_configuration_sets,
    delete_set_destinations,
    find_configuration_set,
    insert_configuration_set,
    pool_exists,
)
from pillarbox.store.sets.configuration_sets import (
    delete_configuration_set as delete_configuration_set_row,
)
from pillarbox.store.sets.configuration_sets import (
    list_configuration_sets as list_configuration_set_rows,
)

MAX_CONFIGURATION_SETS = 10_000
DEFAULT_PAGE, MAX_PAGE = 50, 1000
MIN_FILTER, MAX_FILTER = 3, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """The host of links and pixels, and whether it is https. Present when a call mentions it."""

    custom_redirect_domain: str | None = None
    https_policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSet:
    """A configuration set, as it is to be created and as it is shown.

    `last_fresh_start`: milliseconds since the epoch. `suppressed_reasons` None: the account's rule.
    """

    name: str | None
    sending_enabled: bool
    reputation_metrics: bool
    last_fresh_start: int | None = None
    tls_policy: str | None = None
    sending_pool: str | None = None
    max_delivery_seconds: int | None = None
    tracking: Tracking | None = None
    suppressed_reasons: tuple[str, ...] | None = None
    tags: Tags = ()


def create_configuration_set(
    conn: Connection,
    account_id: str,
    new: ConfigurationSet,
    *,
    now: int,
    everything_verified: bool,
    most: int = MAX_CONFIGURATION_SETS,
) -> None:
    """Create a set; `most`: how many an account may have.

    Raises BadRequest, AlreadyExists or LimitExceeded.
    """
    name = check_set_name(new.name)
    check_resource_tags(new.tags)
    bump_generation(conn, account_id)  # first, as in `hold_set`
    check_pool(conn, account_id, new.sending_pool)
    tracking = check_tracking(
        conn, account_id, new.tracking, everything_verified=everything_verified
    )
    if find_configuration_set(conn, account_id, name) is not None:
        raise _taken(name)
    if count_configuration_sets(conn, account_id) >= most:
        raise LimitExceeded(f"The account has {most} configuration sets already.")
    if not insert_configuration_set(conn, _row(account_id, name, new, tracking, now)):
        raise _taken(name)


def check_tracking(
    conn: Connection, account_id: str, tracking: Tracking | None, *, everything_verified: bool
) -> Tracking:
    """Check tracking options, and give them with the domain in its canonical form.

    The domain must be a verified identity of the account or lie under one. Raises BadRequest.
    """
    if tracking is None:
        return Tracking()
    written = (tracking.custom_redirect_domain or "").strip()
    if not written:
        raise BadRequest(
            "CustomRedirectDomain must be specified.", query_code="InvalidTrackingOptions"
        )
    domain = canonical_domain(written)
    if domain is None or not covers(
        conn, account_id, domain, everything_verified=everything_verified
    ):
        raise BadRequest(
            f"Domain <{shortened(written)}> is not verified under this account.",
            query_code="InvalidTrackingOptions",
        )
    return Tracking(custom_redirect_domain=domain, https_policy=tracking.https_policy)


def get_configuration_set(conn: Connection, account_id: str, name: str) -> ConfigurationSet:
    """Give one set. Raises NotFound."""
    row = find_configuration_set(conn, account_id, name)
    if row is None:
        raise missing_set(name)
    return _shown(row)


def delete_configuration_set(conn: Connection, account_id: str, name: str) -> None:
    """Delete a set with its event destinations; accepted mail keeps its rules. Raises NotFound."""
    hold_set(conn, account_id, name)
    delete_set_destinations(conn, account_id, name)
    delete_configuration_set_row(conn, account_id, name)


def list_configuration_sets(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None, contains: str | None
) -> Page[str]:
    """Give a page of names. Raises BadRequest."""
    page = page_configuration_sets(conn, paging, token=token, size=size, contains=contains)
    return Page(tuple(one.name for one in page.items), page.next_token)


def page_configuration_sets(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None, contains: str | None
) -> Page[SetName]:
    """Give a page of sets with when they were created. Raises BadRequest."""
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(f"The page size must be between 1 and {MAX_PAGE}")
    if contains is not None and not MIN_FILTER <= len(contains) <= MAX_FILTER:
        raise BadRequest(
            "CONFIGURATION_SET_NAME_CONTAINS must be between "
            f"{MIN_FILTER} and {MAX_FILTER} characters"
        )
    try:
        after, order = paging.start(token)
    except BadToken:
        raise BadRequest(f"invalid nextToken {shortened(token or '')}") from None
    limit = size or DEFAULT_PAGE
    found = list_configuration_set_rows(
        conn, paging.account_id, after=after, limit=limit + 1, contains=contains, order=order
    )
    return paging.page(found, limit, lambda row: row.name)


def hold_set(conn: Connection, account_id: str, name: str) -> ConfigurationSetRow:
    """Begin a change of a set, and give the set as it is.

    Who changes something of the same account waits until this change is committed: the new
    generation locks the account's row. So two can't both be the last that fits, none undoes what
    the other did, and no set is deleted while something is added to it. Raises NotFound.
    """
    bump_generation(conn, account_id)
    row = find_configuration_set(conn, account_id, name)
    if row is None:
        raise missing_set(name)
    return row


def check_pool(conn: Connection, account_id: str, pool: str | None) -> None:
    """Check the name of a sending pool. Raises BadRequest."""
    if pool is None:
        return
    if not pool.strip():
        raise BadRequest("sendingPoolName can't be blank.")
    if pool not in RESERVED_POOLS and not pool_exists(conn, account_id, pool):
        raise BadRequest(f"SendingPool <{shortened(pool)}> doesn't exist")


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"Configuration set <{name}> already exists.", query_code="ConfigurationSetAlreadyExists"
    )


def missing_set(name: str) -> NotFound:
    """Make the error for a set that is not there."""
    return NotFound(
        f"Configuration set <{shortened(name)}> does not exist.",
        query_code="ConfigurationSetDoesNotExist",
    )


def _row(
    account_id: str, name: str, new: ConfigurationSet, tracking: Tracking, now: int
) -> ConfigurationSetRow:
    reasons = new.suppressed_reasons
    return ConfigurationSetRow(
        account_id=account_id,
        name=name,
        created_at=now,
        sending_enabled=new.sending_enabled,
        reputation_metrics=new.reputation_metrics,
        last_fresh_start=new.last_fresh_start,
        tls_policy=new.tls_policy,
        sending_pool=new.sending_pool,
        max_delivery_seconds=new.max_delivery_seconds,
        custom_redirect_domain=tracking.custom_redirect_domain,
        https_policy=tracking.https_policy,
        suppressed_reasons=None if reasons is None else write_reasons(reasons),
        tags=write_tags(new.tags),
    )


def _shown(row: ConfigurationSetRow) -> ConfigurationSet:
    reasons = row.suppressed_reasons
    tracking = Tracking(
        custom_redirect_domain=row.custom_redirect_domain, https_policy=row.https_policy
    )
    return ConfigurationSet(
        name=row.name,
        sending_enabled=row.sending_enabled,
        reputation_metrics=row.reputation_metrics,
        last_fresh_start=row.last_fresh_start,
        tls_policy=row.tls_policy,
        sending_pool=row.sending_pool,
        max_delivery_seconds=row.max_delivery_seconds,
        tracking=tracking if row.custom_redirect_domain else None,
        suppressed_reasons=None if reasons is None else read_reasons(reasons),
        tags=read_tags(row.tags),
    )
