"""Users of the console, for administrators of everything."""

from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.form import blame
from pillarbox.console.listing import cut_page, listing
from pillarbox.console.page import act, show
from pillarbox.console.secrets_typed import chosen_password, hash_typed
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.people import users as manage
from pillarbox.model.user import Role, User

PATH = "/users"
_ONE = f"{PATH}/{{user}}"
SORTS = (
    Sort("name", "folded"),
    Sort("role", "role", falling=True),
    Sort("signed-in", "last_login_at", falling=True),
)


async def users(visit: Visit) -> Response:
    """List them, by name, role or when they came last."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    found = await visit.read(manage.list_users)
    shown = [one for one in found if wanted.casefold() in one.folded]
    page = cut_page(visit, "users", sorting, shown, lambda one: one.folded)
    return visit.page("users.html", list=listing(visit, page), sorting=sorting, name=wanted)


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("user_new.html", account_choices=_account_choices(visit))


async def create(visit: Visit) -> Response:
    """Make one."""
    with blame("name"):
        name = manage.check_user_name(visit.form.raw("name"))
    with blame("role"):
        role = manage.parse_role(visit.form.text("role"))
    hashed = await hash_typed(chosen_password(visit.form, name, twice=False))
    new_user = manage.NewUser(
        name=name, password_hash=hashed, role=role, account_id=visit.form.optional("account")
    )
    with blame("name"):
        await visit.change(
            "user.create",
            name,
            lambda conn: manage.create_user(conn, new_user, now=visit.now),
            role=visit.form.text("role"),
        )
    return visit.redirect(ROOT + PATH, f"{name} can sign in now.")


async def user(visit: Visit) -> Response:
    """Show one."""
    shown = await _find(visit)
    return visit.page("user.html", user=shown, account_choices=_account_choices(visit))


async def set_role(visit: Visit) -> Response:
    """Say what it may do."""
    one = await _find(visit)
    role, account_id = manage.parse_role(visit.form.text("role")), visit.form.optional("account")
    with blame("role"):
        await visit.change(
            "user.role",
            one.name,
            lambda conn: manage.set_role(conn, one.id, role, account_id),
            role=role.name.lower(),
            account=account_id or "all",
        )
    return _back(visit, one, "Saved.")


async def set_password(visit: Visit) -> Response:
    """Give it a new password."""
    one = await _find(visit)
    hashed = await hash_typed(chosen_password(visit.form, one.name, twice=False))
    await visit.change(
        "user.password", one.name, lambda conn: manage.set_password(conn, one.id, hashed)
    )
    return _back(visit, one, "The password is set; its sessions have ended.")


async def codes_off(visit: Visit) -> Response:
    """Ask it for no codes, say because the app with its secret is lost."""
    one = await _find(visit)
    await visit.change(
        "user.codes-off", one.name, lambda conn: manage.set_totp(conn, one.id, None, None)
    )
    return _back(visit, one, "It signs in without codes.")


async def disable(visit: Visit) -> Response:
    """Keep it from signing in."""
    return await _set_disabled(visit, disabled=True)


async def enable(visit: Visit) -> Response:
    """Let it sign in again."""
    return await _set_disabled(visit, disabled=False)


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    one = await _find(visit)
    return visit.confirm(
        title=f"Delete {one.name}?",
        text="It can't sign in any more. What it did stays in the audit log.",
        button="Delete",
        back=_url(one),
    )


async def delete(visit: Visit) -> Response:
    """Remove it."""
    one = await _find(visit)
    await visit.change("user.delete", one.name, lambda conn: manage.delete_user(conn, one.id))
    return visit.redirect(ROOT + PATH, f"{one.name} is deleted.")


async def _set_disabled(visit: Visit, *, disabled: bool) -> Response:
    one = await _find(visit)
    await visit.change(
        "user.disable" if disabled else "user.enable",
        one.name,
        lambda conn: manage.set_disabled(conn, one.id, disabled=disabled, now=visit.now),
    )
    return _back(visit, one, "It can't sign in." if disabled else "It can sign in.")


async def _find(visit: Visit) -> User:
    try:
        user_id = bytes.fromhex(visit.label("user"))
    except ValueError:
        raise NotFound("There is no such user.") from None
    return await visit.read(lambda conn: manage.get_user(conn, user_id))


def _account_choices(visit: Visit) -> list[tuple[str, str]]:
    return [(one.id, f"{one.name} ({one.id})") for one in visit.accounts]


def _url(one: User) -> str:
    return f"{ROOT}{PATH}/{one.id.hex()}"


def _back(visit: Visit, one: User, done: str) -> Response:
    return visit.redirect(_url(one), done)


PAGES = (
    show(PATH, Role.ADMIN, users, everywhere=True),
    show(f"{PATH}/new", Role.ADMIN, new, everywhere=True),
    act(PATH, Role.ADMIN, create, new, everywhere=True),
    show(_ONE, Role.ADMIN, user, everywhere=True),
    act(f"{_ONE}/role", Role.ADMIN, set_role, user, everywhere=True),
    act(f"{_ONE}/password", Role.ADMIN, set_password, user, everywhere=True),
    act(f"{_ONE}/codes/off", Role.ADMIN, codes_off, user, everywhere=True),
    act(f"{_ONE}/disable", Role.ADMIN, disable, user, everywhere=True),
    act(f"{_ONE}/enable", Role.ADMIN, enable, user, everywhere=True),
    show(f"{_ONE}/delete", Role.ADMIN, ask_delete, everywhere=True),
    act(f"{_ONE}/delete", Role.ADMIN, delete, user, everywhere=True),
)
