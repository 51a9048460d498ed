"""Email Configuration > Tracking Settings > Tracking Statistics: what is tracked, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.accept.tracking_host import own_host
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import cut_page, listing
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.tracking import settings as manage
from pillarbox.manage.tracking.domains import TRACE, list_tracking_domains
from pillarbox.manage.tracking.settings import TrackingSettings
from pillarbox.model.list_order import NAME
from pillarbox.model.tracking_setup import Dimension, TrackingSetting
from pillarbox.model.user import Role
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.store.identity.sender_domains import sender_domains

PATH = "/{account}/tracking/statistics"
_BELOW = "/tracking/statistics"
_OFF = TrackingSetting(enabled=False)
#: What a sender domain's own setting may be.
FOLLOW, OWN, NEVER = "follow", "own", "never"
SORTS = (Sort("domain", NAME), Sort("setting", "kind", falling=True))


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender domain with its own setting, None when it has none."""

    name: str
    own: TrackingSetting | None

    @property
    def kind(self) -> str:
        """What its setting is: OWN, NEVER or FOLLOW."""
        if self.own is None:
            return FOLLOW
        return OWN if self.own.enabled else NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Everything that the pages show. `hosts`: trace domains that can be chosen."""

    settings: TrackingSettings
    senders: Sequence[str]
    hosts: Sequence[str]

    @property
    def by_domain(self) -> bool:
        """Whether single sender domains' settings count."""
        return self.settings.account.dimension in {"ACCOUNT_AND_DOMAIN", "DOMAIN"}

    @property
    def rows(self) -> list[Sender]:
        """Sender domains, each with its own setting; those that are gone are not shown."""
        return [Sender(name, self.settings.domains.get(name)) for name in self.senders]


async def statistics(visit: Visit) -> Response:
    """Show the settings: the account's, and a page of the sender domains."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    found = await _find(visit)
    shown = [one for one in found.rows if wanted.lower() in one.name]
    page = cut_page(visit, "sender domains", sorting, shown, lambda one: one.name)
    return visit.page(
        "tracking_statistics.html",
        **_values(visit, found),
        list=listing(visit, page),
        sorting=sorting,
        name=wanted,
    )


async def edit(visit: Visit) -> Response:
    """Show the account's form."""
    return await _page(visit, "tracking_edit.html")


async def save(visit: Visit) -> Response:
    """Enable tracking, edit it, or disable it."""
    if not visit.form.checked("enabled"):
        await visit.change(
            "tracking.disable",
            visit.account_id,
            lambda conn: manage.disable_tracking(conn, visit.account_id, now=visit.now),
        )
        return visit.redirect(visit.url(_BELOW), "Tracking is disabled for new mail.")
    dimension = visit.form.text("dimension")
    if dimension not in get_args(Dimension):
        raise FormError({"dimension": "Choose a dimension."})
    setting = _setting(visit, cast("Dimension", dimension))
    with blame("clicks"):
        await visit.change(
            "tracking.set",
            visit.account_id,
            lambda conn: manage.set_account_tracking(
                conn,
                visit.account_id,
                setting,
                now=visit.now,
                everything_verified=visit.services.everything_verified,
            ),
            **_told(setting),
        )
    return visit.redirect(visit.url(_BELOW), "Saved. It holds for mail accepted from now on.")


async def edit_domain(visit: Visit) -> Response:
    """Show the form of one sender domain."""
    return await _page(visit, "tracking_edit_domain.html", domain=visit.label("domain"))


async def save_domain(visit: Visit) -> Response:
    """Give a sender domain its own setting, or take it away."""
    domain, kind = visit.label("domain"), visit.form.text("kind")
    if kind not in {FOLLOW, OWN, NEVER}:
        raise FormError({"kind": "Choose one."})
    setting = _OFF if kind == NEVER else _setting(visit, None)
    with blame("clicks" if kind == OWN else "kind"):
        await visit.change(
            "tracking.set-domain",
            domain,
            lambda conn: _save_domain(conn, visit, domain, setting if kind != FOLLOW else None),
            **(_told(setting) if kind == OWN else {"setting": kind}),
        )
    return visit.redirect(visit.url(_BELOW), f"Saved for {domain}.")


def _save_domain(
    conn: Connection, visit: Visit, domain: str, setting: TrackingSetting | None
) -> None:
    if setting is not None:
        manage.set_domain_tracking(
            conn,
            visit.account_id,
            domain,
            setting,
            now=visit.now,
            everything_verified=visit.services.everything_verified,
        )
    elif domain in manage.get_tracking_settings(conn, visit.account_id).domains:
        manage.delete_domain_tracking(conn, visit.account_id, domain)


async def _page(visit: Visit, template: str, **values: Any) -> Response:
    return visit.page(template, **_values(visit, await _find(visit)), **values)


async def _find(visit: Visit) -> Statistics:
    verified = visit.services.everything_verified

    def find(conn: Connection) -> Statistics:
        hosts = list_tracking_domains(conn, visit.account_id, everything_verified=verified)
        return Statistics(
            settings=manage.get_tracking_settings(conn, visit.account_id),
            senders=sender_domains(conn, visit.account_id, None if verified else VERIFIED_STATES),
            hosts=[one.domain for one in hosts if one.kind == TRACE and one.status == "SUCCESS"],
        )

    return await visit.read(find)


def _values(visit: Visit, found: Statistics) -> dict[str, Any]:
    return {"found": found, "own": own_host(visit.services.settings), "off": _OFF}


def _setting(visit: Visit, dimension: Dimension | None) -> TrackingSetting:
    form = visit.form
    return TrackingSetting(
        enabled=True,
        dimension=dimension,
        host=form.optional("host"),
        opens=form.checked("opens"),
        clicks=form.checked("clicks"),
        anonymous=form.checked("anonymous"),
        mso_comments=form.checked("mso_comments"),
        trap=form.checked("trap"),
    )


def _told(setting: TrackingSetting) -> dict[str, object]:
    return {
        "dimension": setting.dimension or "own",
        "host": setting.host or "service",
        "opens": setting.opens,
        "clicks": setting.clicks,
    }


PAGES = (
    show(PATH, Role.VIEWER, statistics),
    show(f"{PATH}/edit", Role.OPERATOR, edit),
    act(f"{PATH}/edit", Role.OPERATOR, save, edit),
    show(f"{PATH}/domains/{{domain}}", Role.OPERATOR, edit_domain),
    act(f"{PATH}/domains/{{domain}}", Role.OPERATOR, save_domain, edit_domain),
)
