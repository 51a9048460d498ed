"""The tracking settings of an account: which of its mail is tracked, and through which host.

Functions on a connection, to be run in a transaction of the store. Not enabled, or in one of three
dimensions: the account's setting for every sender domain; single domains' settings before the
account's; single domains' settings alone. What is saved holds for mail accepted from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.names import canonical_domain, shortened
from pillarbox.manage.tracking.domains import TRACE, find_own_host
from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.sender_domains import sender_domains
from pillarbox.store.tracking.settings import (
    delete_tracking_setting,
    list_tracking_settings,
    write_tracking_setting,
)
from pillarbox.store.tracking.setup import ACCOUNT, WORKS

OFF = TrackingSetting(enabled=False, dimension="ACCOUNT")
_AT_LEAST_ONE = "Switch on at least one of open tracking and click tracking."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSettings:
    """All settings of an account. `domains`: those of single sender domains, in effect or not."""

    account: TrackingSetting = OFF
    domains: Mapping[str, TrackingSetting] = field(default_factory=dict)


def get_tracking_settings(conn: Connection, account_id: str) -> TrackingSettings:
    """Give the settings as they are."""
    found = list_tracking_settings(conn, account_id)
    account = found.pop(ACCOUNT, OFF)
    return TrackingSettings(account=account, domains=found)


def set_account_tracking(
    conn: Connection,
    account_id: str,
    setting: TrackingSetting,
    *,
    now: int,
    everything_verified: bool,
) -> TrackingSettings:
    """Enable tracking in a dimension, or edit it. Raises BadRequest or NotFound.

    Under the domain dimension the account's own host and switches have no meaning, and may be left
    out.
    """
    if setting.dimension is None:
        raise BadRequest("The dimension must be ACCOUNT, ACCOUNT_AND_DOMAIN or DOMAIN.")
    if setting.dimension != "DOMAIN" and not (setting.opens or setting.clicks):
        raise BadRequest(_AT_LEAST_ONE)
    checked = _with_host(conn, account_id, setting, everything_verified=everything_verified)
    write_tracking_setting(conn, account_id, ACCOUNT, replace(checked, enabled=True), now)
    bump_generation(conn, account_id)
    return get_tracking_settings(conn, account_id)


def disable_tracking(conn: Connection, account_id: str, *, now: int) -> TrackingSettings:
    """Switch it off; what was chosen is kept for when it is switched on again."""
    account = get_tracking_settings(conn, account_id).account
    write_tracking_setting(conn, account_id, ACCOUNT, replace(account, enabled=False), now)
    bump_generation(conn, account_id)
    return get_tracking_settings(conn, account_id)


def set_domain_tracking(
    conn: Connection,
    account_id: str,
    domain: str,
    setting: TrackingSetting,
    *,
    now: int,
    everything_verified: bool,
) -> TrackingSettings:
    """Give one sender domain a setting of its own. Raises BadRequest or NotFound.

    One that is not enabled keeps the domain from being tracked, whatever the account's says.
    """
    name = _sender_domain(conn, account_id, domain, everything_verified=everything_verified)
    if setting.enabled and not (setting.opens or setting.clicks):
        raise BadRequest(_AT_LEAST_ONE)
    checked = _with_host(conn, account_id, setting, everything_verified=everything_verified)
    write_tracking_setting(conn, account_id, name, replace(checked, dimension=None), now)
    bump_generation(conn, account_id)
    return get_tracking_settings(conn, account_id)


def delete_domain_tracking(conn: Connection, account_id: str, domain: str) -> TrackingSettings:
    """Take a sender domain its own setting; it is then as the dimension says. Raises NotFound."""
    name = canonical_domain(domain.strip()) or ""
    if not name or not delete_tracking_setting(conn, account_id, name):
        raise NotFound(f"{shortened(domain)} has no tracking setting of its own.")
    bump_generation(conn, account_id)
    return get_tracking_settings(conn, account_id)


def _sender_domain(
    conn: Connection, account_id: str, domain: str, *, everything_verified: bool
) -> str:
    statuses = None if everything_verified else VERIFIED_STATES
    name = canonical_domain(domain.strip())
    if name is None or name not in sender_domains(conn, account_id, statuses):
        raise BadRequest(f"{shortened(domain)} is not a verified sender domain of this account.")
    return name


def _with_host(
    conn: Connection, account_id: str, setting: TrackingSetting, *, everything_verified: bool
) -> TrackingSetting:
    """Check the chosen tracking domain: a trace domain of the account's, and verified."""
    if setting.host is None:
        return setting
    row = find_own_host(conn, account_id, setting.host)
    if row.kind != TRACE:
        raise BadRequest(f"{row.host} is not a trace domain: create it as one to choose it.")
    if row.status != WORKS and not everything_verified:
        raise BadRequest(f"The tracking domain {row.host} is not verified yet.")
    return replace(setting, host=row.host)
