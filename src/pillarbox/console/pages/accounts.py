"""Accounts, for administrators of everything: made, limited, stopped, let go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import SIZE, listing, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, Sorting, sorting_of
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.manage.people import accounts as manage
from pillarbox.model.account import Account
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role

PATH = "/accounts"
LONGEST_NAME = 100
SORTS = (Sort("id", NAME), Sort("name", "name"), Sort("made", "created_at", falling=True))
_ONE = f"{PATH}/{{account}}"


@dataclass(frozen=True, slots=True)
class Holding:
    """A status that an account can be put into: what is asked before, and what is said after."""

    status: str
    question: str
    text: str
    button: str
    done: str


HOLDINGS = {
    "suspend": Holding(
        "suspended",
        "Suspend {}?",
        "It can't send from this moment on, but all else works. Mail on its way still goes out.",
        "Suspend",
        "{} is suspended.",
    ),
    "restrict": Holding(
        "restricted",
        "Restrict {}?",
        "It can't send any more, as a lasting decision; all else works. Mail on its way still goes "
        "out.",
        "Restrict",
        "{} is restricted.",
    ),
    "close": Holding(
        "closed",
        "Close {}?",
        "All its requests are refused from this moment on. Nothing is deleted.",
        "Close",
        "{} is closed.",
    ),
}


async def accounts(visit: Visit) -> Response:
    """List them, with what they have sent in a day."""
    wanted = visit.query.get("name", "").strip()
    mine = [one for one in visit.accounts if _matches(one, wanted)]
    sorting = sorting_of(visit, *SORTS)
    page = _page(visit, mine, sorting)
    sent = await visit.read(
        lambda conn: manage.sent_24h(conn, [one.id for one in page.items], now=visit.now)
    )
    return visit.page(
        "accounts.html", list=listing(visit, page), sorting=sorting, sent=sent, name=wanted
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("account_new.html")


async def create(visit: Visit) -> Response:
    """Make one."""
    account_id, name = visit.form.optional("id"), _name(visit)
    production = _access(visit)
    made: list[Account] = []

    def make(conn: Connection) -> None:
        made.append(
            manage.create_account(
                conn, now=visit.now, account_id=account_id, name=name, production=production
            )
        )

    with blame("id"):
        await visit.change("account.create", account_id or name, make, production=production)
    return visit.redirect(
        f"{ROOT}{PATH}/{made[-1].id}", f"{name} is made. Its id is {made[-1].id}."
    )


async def account(visit: Visit) -> Response:
    """Show one."""
    one = visit.here
    sent = await visit.read(lambda conn: manage.sent_24h(conn, [one.id], now=visit.now))
    return visit.page("account.html", one=one, sent=sent[one.id])


async def limits(visit: Visit) -> Response:
    """Set how much it may send, and to whom."""
    changes: dict[str, Any] = {
        "name": _name(visit),
        "production": _access(visit),
        "max_24h": _limit(visit, "max_24h", manage.NO_LIMIT),
        "max_rate": _limit(visit, "max_rate", manage.NO_RATE),
    }
    await _set(visit, "account.limits", changes)
    return _back(visit, "Saved. It holds for the next request.")


async def ask(visit: Visit) -> Response:
    """Ask whether it is to be stopped."""
    holding = _holding(visit)
    return visit.confirm(
        title=holding.question.format(visit.here.name),
        text=holding.text,
        button=holding.button,
        back=_url(visit),
    )


async def hold(visit: Visit) -> Response:
    """Stop it."""
    holding = _holding(visit)
    await _set(visit, f"account.{visit.label('what')}", {"status": holding.status})
    return _back(visit, holding.done.format(visit.here.name))


async def restore(visit: Visit) -> Response:
    """Let it send again, with nothing held against it."""
    await _set(visit, "account.restore", {"status": "active"})
    return _back(visit, f"{visit.here.name} may send. Its reputation begins anew.")


async def _set(visit: Visit, action: str, changes: Mapping[str, Any]) -> None:
    await visit.change(
        action,
        visit.account_id,
        lambda conn: manage.set_account(conn, visit.account_id, changes, now=visit.now),
        **changes,
    )


def _name(visit: Visit) -> str:
    name = visit.form.text("name")
    if not name or len(name) > LONGEST_NAME:
        raise FormError({"name": f"Give it a name of at most {LONGEST_NAME} characters."})
    return name


def _access(visit: Visit) -> bool:
    """Read whether it may send to anybody."""
    access = visit.form.text("access")
    if access not in {"production", "sandbox"}:
        raise FormError({"access": "Choose one."})
    return access == "production"


def _limit(visit: Visit, name: str, none: float) -> float:
    """Read a limit, `none` for an empty field."""
    text = visit.form.text(name).replace(",", "")
    if not text:
        return none
    try:
        found = float(text)
    except ValueError:
        raise FormError({name: "This must be a number."}) from None
    with blame(name):
        manage.check_limits({name: found})
    return found


def _holding(visit: Visit) -> Holding:
    found = HOLDINGS.get(visit.label("what"))
    if found is None:
        raise NotFound("There is no such page.")
    return found


def _matches(one: Account, wanted: str) -> bool:
    return wanted.lower() in one.name.lower() or wanted in one.id


def _page(visit: Visit, found: Sequence[Account], sorting: Sorting) -> Page[Account]:
    paging = Paging(visit.services.paging_key, "", "console-accounts", sorting.order)
    try:
        return paging.cut(found, token_of(visit), SIZE, lambda one: one.id)
    except BadToken:
        raise NotFound("There is no such page of the list.") from None


def _url(visit: Visit) -> str:
    return f"{ROOT}{PATH}/{visit.account_id}"


def _back(visit: Visit, done: str) -> Response:
    return visit.redirect(_url(visit), done)


PAGES = (
    show(PATH, Role.ADMIN, accounts, everywhere=True),
    show(f"{PATH}/new", Role.ADMIN, new, everywhere=True),
    act(PATH, Role.ADMIN, create, new, everywhere=True),
    show(_ONE, Role.ADMIN, account, everywhere=True),
    act(f"{_ONE}/limits", Role.ADMIN, limits, account, everywhere=True),
    act(f"{_ONE}/restore", Role.ADMIN, restore, account, everywhere=True),
    show(f"{_ONE}/{{what}}", Role.ADMIN, ask, everywhere=True),
    act(f"{_ONE}/{{what}}", Role.ADMIN, hold, ask, everywhere=True),
)
