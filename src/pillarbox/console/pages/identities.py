"""Identities: the list, another one, deleting one."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.identities.creation import Made, NewIdentity, create_identity, what_it_needs
from pillarbox.manage.identities.identities import Identity, delete_identity
from pillarbox.manage.identities.listing import IdentityFilter, list_identities
from pillarbox.manage.paging import Page
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role

PATH = "/{account}/identities"
_BELOW = "/identities"
SORTS = (
    Sort("name", NAME),
    Sort("verification", "trouble"),
    Sort("added", "created_at", falling=True),
)
KINDS = ("", "DOMAIN", "EMAIL_ADDRESS")


async def identities(visit: Visit) -> Response:
    """List them, by name, trouble or age."""
    wanted, kind = visit.query.get("name", "").strip(), visit.query.get("kind", "")
    sorting = sorting_of(visit, *SORTS)
    chosen = IdentityFilter(
        contains=wanted if len(wanted) >= 3 else None,
        kind=kind if kind in KINDS and kind else None,
    )

    def find(conn: Connection) -> Page[Identity]:
        return list_identities(
            conn,
            paging_of(visit, "identities", sorting),
            token=token_of(visit),
            size=SIZE,
            least_size=0,
            wanted=chosen,
            everything_verified=visit.services.everything_verified,
        )

    page = await visit.read(find)
    return visit.page(
        "identities.html", list=listing(visit, page), sorting=sorting, name=wanted, kind=kind
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("identity_new.html")


async def create(visit: Visit) -> Response:
    """Create a domain or an address; keys and mails are made before the transaction."""
    new_identity = NewIdentity(name=visit.form.text("name"))
    account_id, services = visit.account_id, visit.services
    with blame("name"):
        made = await _make(visit, new_identity)
        created = await visit.change(
            "identity.create",
            new_identity.name,
            lambda conn: create_identity(
                conn,
                account_id,
                new_identity,
                made,
                now=visit.now,
                again=False,
                everything_verified=services.everything_verified,
                most=services.quotas.identities,
            ),
        )
    done = (
        "Set the records below, then it is verified by itself."
        if created.kind == "DOMAIN"
        else "A mail with a link is on its way to it."
    )
    if services.everything_verified:
        done = "In capture mode it counts as verified."
    return visit.redirect(visit.url(f"{_BELOW}/{created.name}"), f"{created.name} is here. {done}")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    name = visit.label("identity")
    return visit.confirm(
        title=f"Delete {name}?",
        text="It can't be sent from any more, from this moment on. Mail on its way still goes out.",
        button="Delete",
        back=visit.url(f"{_BELOW}/{name}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("identity")
    await visit.change(
        "identity.delete",
        name,
        lambda conn: delete_identity(conn, visit.account_id, name, now=visit.now),
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


async def _make(visit: Visit, new_identity: NewIdentity) -> Made:
    services, account_id = visit.services, visit.account_id
    needed = await visit.read(
        lambda conn: what_it_needs(
            conn, account_id, new_identity, again=False, most=services.quotas.identities
        )
    )
    if needed == "tokens":
        return Made(keys=await services.new_tokens(new_identity.key_bits))
    if needed == "mail":
        return Made(mail=services.verification_mail(account_id, new_identity.name, visit.now))
    return Made()


PAGES = (
    show(PATH, Role.VIEWER, identities),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    show(f"{PATH}/{{identity}}/delete", Role.OPERATOR, ask_delete),
    act(f"{PATH}/{{identity}}/delete", Role.OPERATOR, delete, ask_delete),
)
