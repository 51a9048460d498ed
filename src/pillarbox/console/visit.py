"""A visit: one request of a person, with all that its handler needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pillarbox.console.done_note import DONE_COOKIE, write_note
from pillarbox.console.form import Form
from pillarbox.console.services import ConsoleServices
from pillarbox.console.templating import Templates
from pillarbox.manage.people.audit import Actor, record_audit
from pillarbox.model.account import Account
from pillarbox.model.user import Role, User

T = TypeVar("T")

ROOT = "/console"


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request. `user` None: nobody is signed in. `problems`: what is wrong with the form, by
    field. `token`: the session's; `csrf`: what its forms must carry. `done`: what the page before
    has done. `accounts`: those that the user may choose from.
    """

    request: Request
    services: ConsoleServices
    templates: Templates
    user: User | None = None
    account: Account | None = None
    accounts: Sequence[Account] = ()
    token: str = ""
    csrf: str = ""
    secure: bool = False
    done: str = ""
    form: Form = field(default_factory=Form)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """The time, in milliseconds since the epoch."""
        return self.services.now()

    @property
    def person(self) -> User:
        """Who is signed in, on a page that needs somebody."""
        if self.user is None:
            raise LookupError("nobody is signed in")
        return self.user

    @property
    def here(self) -> Account:
        """The account of a page below `{account}`."""
        if self.account is None:
            raise LookupError("this page belongs to no account")
        return self.account

    @property
    def account_id(self) -> str:
        """The id of the account of a page below `{account}`."""
        return self.here.id

    @property
    def query(self) -> QueryParams:
        """The parameters of the URL, without NUL, which no store takes."""
        given = self.request.query_params
        if "\0" not in "".join(given.values()):
            return given
        return QueryParams([(name, text.replace("\0", "")) for name, text in given.multi_items()])

    @property
    def address(self) -> str:
        """Where the browser is, as far as we see."""
        return self.request.client.host if self.request.client else ""

    def label(self, name: str) -> str:
        """Give a part of the path."""
        return str(self.request.path_params[name])

    def may(self, role: str) -> bool:
        """Tell whether the user may do what needs a role, for templates."""
        return self.user is not None and self.user.role >= Role[role.upper()]

    def url(self, path: str = "") -> str:
        """Give the address of a page: of the account's when this visit is to one."""
        return f"{ROOT}/{self.account.id}{path}" if self.account else f"{ROOT}{path}"

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a read transaction."""
        return await self.services.store.read(function)

    async def change(
        self,
        action: str,
        subject: str,
        function: Callable[[Connection], T],
        **detail: object,
    ) -> T:
        """Run a function in a transaction that also notes who did this to what."""
        actor = Actor(name=self.person.name, via="console", source_ip=self.address)

        def run(conn: Connection) -> T:
            result = function(conn)
            record_audit(
                conn,
                actor,
                now=self.now,
                action=action,
                subject=subject,
                account_id=self.account.id if self.account else None,
                detail=detail,
            )
            return result

        return await self.services.store.write(run)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Give a page; a form's page that is shown again has the status of what is wrong."""
        text = self.templates.render(template, {"visit": self, **values})
        return HTMLResponse(text, status_code=status)

    def confirm(
        self, *, title: str, text: str, button: str, back: str, danger: bool = True
    ) -> Response:
        """Ask once before something is done that can't be undone; the form posts to this URL."""
        return self.page(
            "confirm.html", title=title, text=text, button=button, back=back, danger=danger
        )

    def redirect(self, path: str, done: str = "") -> Response:
        """Send the browser to a page of ours, which says what was done."""
        response = RedirectResponse(path, status_code=303)
        if done:
            response.set_cookie(
                DONE_COOKIE,
                write_note(done),
                max_age=60,
                path=ROOT,
                httponly=True,
                secure=self.secure,
                samesite="lax",
            )
        return response
