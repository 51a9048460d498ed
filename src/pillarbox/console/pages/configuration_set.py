"""One configuration set: all its options, each group with a form of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.sets import options
from pillarbox.manage.sets.configuration_sets import (
    ConfigurationSet,
    Tracking,
    get_configuration_set,
)
from pillarbox.manage.sets.event_destinations import get_event_destinations
from pillarbox.model.account import SUPPRESSION_REASONS
from pillarbox.model.event_destination import EventDestination
from pillarbox.model.sending_address import RESERVED_POOLS
from pillarbox.model.user import Role
from pillarbox.store.addresses.dedicated_pools import list_pools

PATH = "/{account}/sets/{set}"
MIN_LIFETIME, MAX_LIFETIME = 300, 50_400
POOLS_SHOWN = 200
TLS_POLICIES = ("OPTIONAL", "REQUIRE")
#: What a set may say of suppression: the account's rule, none, or its own reasons.
RULES = ("account", "own")
#: Of its event destinations, which are never more than fit on a page ([quotas]).
SORTS = (
    Sort("name", "name"),
    Sort("kind", "kind"),
    Sort("state", "enabled", falling=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A set with its destinations and the pools that it may choose."""

    set: ConfigurationSet
    destinations: Sequence[EventDestination]
    pools: Sequence[str]


async def configuration_set(visit: Visit) -> Response:
    """Show it."""
    name, account_id = visit.label("set"), visit.account_id
    sorting = sorting_of(visit, *SORTS)

    def find(conn: Connection) -> Found:
        own = list_pools(conn, account_id, after="", limit=POOLS_SHOWN)
        return Found(
            set=get_configuration_set(conn, account_id, name),
            destinations=sorting.arrange(get_event_destinations(conn, account_id, name)),
            pools=[*(one for one in own), *RESERVED_POOLS],
        )

    return visit.page("set.html", found=await visit.read(find), sorting=sorting)


async def save_sending(visit: Visit) -> Response:
    """Pause or resume it, and keep reputation metrics or not."""
    enabled, metrics = visit.form.checked("sending"), visit.form.checked("reputation")

    def save(conn: Connection, name: str) -> None:
        options.put_sending(conn, visit.account_id, name, enabled=enabled, now=visit.now)
        options.put_reputation(conn, visit.account_id, name, metrics=metrics)

    return await _saved(visit, "sending", save, sending=enabled, reputation=metrics)


async def save_delivery(visit: Visit) -> Response:
    """Set TLS policy, pool and lifetime."""
    policy, pool = visit.form.optional("tls"), visit.form.optional("pool")
    seconds = visit.form.number("lifetime")
    if policy is not None and policy not in TLS_POLICIES:
        raise FormError({"tls": "Choose one."})
    if seconds is not None and not MIN_LIFETIME <= seconds <= MAX_LIFETIME:
        raise FormError({"lifetime": f"From {MIN_LIFETIME} to {MAX_LIFETIME} seconds."})

    def save(conn: Connection, name: str) -> None:
        options.put_delivery(
            conn,
            visit.account_id,
            name,
            tls_policy=policy,
            sending_pool=pool,
            max_delivery_seconds=seconds,
        )

    with blame("pool"):
        return await _saved(visit, "delivery", save, tls=policy or "none", pool=pool or "none")


async def save_tracking(visit: Visit) -> Response:
    """Set the custom domain of links and pixels, or clear it."""
    domain, policy = visit.form.optional("redirect"), visit.form.optional("https")
    tracking = (
        Tracking(custom_redirect_domain=domain, https_policy=policy) if domain else Tracking()
    )

    def save(conn: Connection, name: str) -> None:
        options.put_tracking(
            conn,
            visit.account_id,
            name,
            tracking,
            everything_verified=visit.services.everything_verified,
        )

    with blame("redirect"):
        return await _saved(visit, "tracking", save, domain=domain or "none")


async def save_suppression(visit: Visit) -> Response:
    """Say for which reasons recipients are suppressed."""
    rule = visit.form.text("rule")
    if rule not in RULES:
        raise FormError({"rule": "Choose one."})
    chosen = [one for one in SUPPRESSION_REASONS if one in visit.form.all("reason")]
    reasons = None if rule == "account" else chosen

    def save(conn: Connection, name: str) -> None:
        options.put_suppression(conn, visit.account_id, name, reasons=reasons)

    told = "the account's" if reasons is None else ", ".join(reasons) or "none"
    return await _saved(visit, "suppression", save, reasons=told)


async def _saved(
    visit: Visit, what: str, save: Callable[[Connection, str], None], **detail: object
) -> Response:
    name = visit.label("set")
    await visit.change(f"configuration-set.{what}", name, lambda conn: save(conn, name), **detail)
    return visit.redirect(visit.url(f"/sets/{name}"), "Saved. It holds for mail from now on.")


PAGES = (
    show(PATH, Role.VIEWER, configuration_set),
    act(f"{PATH}/sending", Role.OPERATOR, save_sending, configuration_set),
    act(f"{PATH}/delivery", Role.OPERATOR, save_delivery, configuration_set),
    act(f"{PATH}/tracking", Role.OPERATOR, save_tracking, configuration_set),
    act(f"{PATH}/suppression", Role.OPERATOR, save_suppression, configuration_set),
)
