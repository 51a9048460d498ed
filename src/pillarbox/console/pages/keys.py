"""Access keys of applications: made (shown once), listed, revoked."""

import re

from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import cut_page, listing
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.people import keys as manage
from pillarbox.model.user import Role
from pillarbox.proto.smtp.password import smtp_password
from pillarbox.store.people.keys import list_keys

PATH = "/{account}/keys"
_BELOW = "/keys"
SORTS = (
    Sort("made", "created_at", falling=True),
    Sort("id", "id"),
    Sort("ends", "expires_at"),
)
_OPERATIONS = re.compile(r"[A-Za-z]+")


async def keys(visit: Visit) -> Response:
    """List them without their secrets: all, or those that can be used."""
    active, sorting = visit.query.get("state") == "active", sorting_of(visit, *SORTS)
    found = await visit.read(lambda conn: list_keys(conn, visit.account_id))
    shown = [one for one in found if not active or one.usable(visit.now)]
    page = cut_page(visit, "keys", sorting, shown, lambda one: one.id)
    return visit.page("keys.html", list=listing(visit, page), sorting=sorting, active=active)


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("key_new.html")


async def create(visit: Visit) -> Response:
    """Make one and show its secret, this once: in the answer itself, on no page of its own."""
    operations = [one for one in re.split(r"[\s,]+", visit.form.text("operations")) if one]
    if not all(_OPERATIONS.fullmatch(one) for one in operations):
        raise FormError({"operations": "Names of operations, with commas between them."})
    seconds = visit.form.number("seconds")
    with blame("seconds"):
        made = await visit.change(
            "key.create",
            visit.account_id,
            lambda conn: manage.create_key(
                conn,
                visit.services.sealer,
                visit.account_id,
                now=visit.now,
                operations=operations or None,
                session_seconds=seconds,
            ),
            operations=", ".join(operations) or "all",
        )
    region = visit.services.settings.service.region
    return visit.page(
        "key_made.html",
        key=made,
        region=region,
        password=smtp_password(made.secret_access_key, region),
    )


async def ask_revoke(visit: Visit) -> Response:
    """Ask whether it is to end."""
    return visit.confirm(
        title=f"Revoke {visit.label('key')}?",
        text="Whoever uses it is refused from the next request on. It can't be undone.",
        button="Revoke",
        back=visit.url(_BELOW),
    )


async def revoke(visit: Visit) -> Response:
    """End it."""
    key_id = visit.label("key")
    owned = await visit.read(lambda conn: list_keys(conn, visit.account_id))
    if key_id not in {one.id for one in owned}:
        raise NotFound(f"Access key {key_id} does not exist.")
    await visit.change(
        "key.revoke", key_id, lambda conn: manage.revoke_key(conn, key_id, now=visit.now)
    )
    return visit.redirect(visit.url(_BELOW), f"{key_id} is revoked.")


PAGES = (
    show(PATH, Role.ADMIN, keys),
    show(f"{PATH}/new", Role.ADMIN, new),
    act(PATH, Role.ADMIN, create, new),
    show(f"{PATH}/{{key}}/revoke", Role.ADMIN, ask_revoke),
    act(f"{PATH}/{{key}}/revoke", Role.ADMIN, revoke, keys),
)
