"""Email Configuration > Tracking Settings > Trace Domain Name: create, verify, delete."""

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import blame
from pillarbox.console.listing import cut_page, listing
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.tracking import domains as manage
from pillarbox.manage.tracking.domains import TrackingDomain
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role

PATH = "/{account}/tracking/domains"
_BELOW = "/tracking/domains"
SORTS = (
    Sort("domain", NAME),
    Sort("state", "trouble"),
    Sort("https", "https_trouble"),
)


async def domains(visit: Visit) -> Response:
    """List the trace domains, by name or trouble."""
    name, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    verified = visit.services.everything_verified

    def find(conn: Connection) -> tuple[Sequence[TrackingDomain], Sequence[str]]:
        account_id = visit.account_id
        return (
            manage.list_tracking_domains(conn, account_id, everything_verified=verified),
            manage.primary_domains(conn, account_id, everything_verified=verified),
        )

    found, primary = await visit.read(find)
    settings = visit.services.settings
    shown = [one for one in found if name.lower() in one.domain]
    page = cut_page(visit, "trace domains", sorting, shown, lambda one: one.domain)
    return visit.page(
        "tracking_domains.html",
        list=listing(visit, page),
        sorting=sorting,
        name=name,
        primary_domains=primary,
        target=visit.services.names.tracking_targets(settings.track.url)[0],
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    primary = await visit.read(
        lambda conn: manage.primary_domains(
            conn, visit.account_id, everything_verified=visit.services.everything_verified
        )
    )
    return visit.page("tracking_domain_new.html", primary_domains=primary)


async def create(visit: Visit) -> Response:
    """Create one from a primary domain and a prefix."""
    primary, prefix = visit.form.text("primary"), visit.form.text("prefix")
    with blame("prefix"):
        manage.check_prefix(prefix)
        made = await visit.change(
            "trace-domain.create",
            f"{prefix}.{primary}",
            lambda conn: manage.create_trace_domain(
                conn,
                visit.account_id,
                primary,
                prefix,
                now=visit.now,
                everything_verified=visit.services.everything_verified,
            ),
        )
    hint = f" {made.hint}" if made.hint else ""
    return visit.redirect(visit.url(_BELOW), f"{made.domain} is created.{hint}")


async def verify(visit: Visit) -> Response:
    """Look a domain up now, and say what was found."""
    host, verified = visit.label("domain"), visit.services.everything_verified
    row = await visit.change(
        "trace-domain.verify",
        host,
        lambda conn: manage.begin_verification(conn, visit.account_id, host, now=visit.now),
    )
    if visit.services.check_host is not None:
        await visit.services.check_host(row)
    found = await visit.read(
        lambda conn: manage.get_tracking_domain(
            conn, visit.account_id, host, everything_verified=verified
        )
    )
    done = (
        f"{found.domain} is verified."
        if found.status == "SUCCESS"
        else f"{found.domain} does not lead here yet. {found.reason or ''}"
    )
    return visit.redirect(visit.url(_BELOW), done)


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    return visit.confirm(
        title=f"Delete {visit.label('domain')}?",
        text="Links in mail that was sent go on working for as long as its DNS record leads here.",
        button="Delete",
        back=visit.url(_BELOW),
    )


async def delete(visit: Visit) -> Response:
    """Delete one that nothing uses."""
    host = visit.label("domain")
    await visit.change(
        "trace-domain.delete",
        host,
        lambda conn: manage.delete_trace_domain(conn, visit.account_id, host),
    )
    return visit.redirect(visit.url(_BELOW), f"{host} is deleted.")


PAGES = (
    show(PATH, Role.VIEWER, domains),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    act(f"{PATH}/{{domain}}/verify", Role.OPERATOR, verify, domains),
    show(f"{PATH}/{{domain}}/delete", Role.OPERATOR, ask_delete),
    act(f"{PATH}/{{domain}}/delete", Role.OPERATOR, delete, ask_delete),
)
