"""The one way of a request to a page: host, session, role, account, CSRF, handler, headers.

Every route says which role it needs; there is no other way to a handler.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pillarbox.base.errors import ApiError, InternalFailure, ServiceUnavailable
from pillarbox.console.done_note import DONE_COOKIE, read_note
from pillarbox.console.form import FormError, read_form
from pillarbox.console.page import Page
from pillarbox.console.protection import (
    HEADERS,
    csrf_token,
    host_name,
    is_csrf_token,
    is_own_origin,
    session_cookie,
)
from pillarbox.console.services import ConsoleServices
from pillarbox.console.templating import Templates
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.people import signing_in
from pillarbox.manage.people.accounts import list_accounts
from pillarbox.model.account import Account
from pillarbox.model.user import User

CSRF_FIELD = "csrf"
_log = logging.getLogger(__name__)


class Refused(Exception):
    """A visit that goes no further. `title` and `text` are for the person."""

    def __init__(self, status: int, title: str, text: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Serves pages. `hosts`: the names that this console is reached by. `secure`: over HTTPS."""

    services: ConsoleServices
    templates: Templates
    hosts: frozenset[str]
    secure: bool
    csrf_key: bytes

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Give what answers a route."""

        async def answer(request: Request) -> Response:
            return await self.serve(page, request)

        return answer

    async def serve(self, page: Page, request: Request) -> Response:
        """Answer one request; whatever goes wrong becomes a page that says so."""
        visit = self._new_visit(request)
        try:
            async with asyncio.timeout(page.bounds.seconds):
                response = await self._serve(page, visit)
        except Refused as refusal:
            response = self._failure(visit, refusal.status, refusal.title, refusal.text)
        except ApiError as error:
            response = self._failure(visit, error.status, "This can't be done", error.message)
        except TimeoutError:
            response = self._failure(visit, 503, "This took too long", "Please try again.")
        except Exception:  # noqa: BLE001  # the one loop around all pages (style 13)
            _log.exception("page %s failed", page.path)
            response = self._failure(visit, 500, "Something went wrong", InternalFailure().message)
        return self._finish(visit, response)

    async def refuse(self, request: Request, status: int, title: str, text: str) -> Response:
        """Answer a request that no page is there for."""
        visit = self._new_visit(request)
        return self._finish(visit, self._failure(visit, status, title, text))

    async def _serve(self, page: Page, visit: Visit) -> Response:
        self._check_host(visit.request)
        if any("\0" in str(label) for label in visit.request.path_params.values()):
            raise Refused(404, "There is no such page")  # nothing's name has NUL
        await self._sign_in(visit)
        if page.role is None:
            if page.method == "POST" and not is_own_origin(visit.request.headers, strict=True):
                raise Refused(403, "This form comes from another site")
        elif visit.user is None:
            return self._to_sign_in(page, visit)
        else:
            self._check_role(page, visit, visit.user)
        if page.method != "POST":
            return await page.handler(visit)
        visit.form = await read_form(visit.request, page.bounds.octets)
        if page.role is not None:
            self._check_csrf(visit)
        return await self._act(page, visit)

    async def _act(self, page: Page, visit: Visit) -> Response:
        """Do what a form asks for, or show it again with what is wrong."""
        try:
            return await page.handler(visit)
        except FormError as error:
            problems: Mapping[str, str] = error.problems
            status = error.status
        except ServiceUnavailable:
            raise
        except ApiError as error:
            problems, status = {"": error.message}, error.status
        if page.again is None:
            raise Refused(status, "This can't be done", " ".join(problems.values()))
        visit.problems = problems
        response = await page.again(visit)
        response.status_code = status
        return response

    def _new_visit(self, request: Request) -> Visit:
        return Visit(
            request=request,
            services=self.services,
            templates=self.templates,
            secure=self.secure,
            done=read_note(request.cookies.get(DONE_COOKIE, "")),
        )

    def _check_host(self, request: Request) -> None:
        name = host_name(request.headers.get("host", ""))
        if name not in self.hosts:
            raise Refused(
                421,
                "The console is not called that",
                "Open it by the name in [console] url, or set that name there.",
            )

    async def _sign_in(self, visit: Visit) -> None:
        """Find out who visits, and which account; one read for both."""
        token = visit.request.cookies.get(session_cookie(secure=self.secure), "")
        if not token:
            return
        now = self.services.now()

        def find(conn: Connection) -> tuple[tuple[User, bool] | None, Sequence[Account]]:
            session = signing_in.find_session(conn, token, now)
            return session, list_accounts(conn) if session else ()

        session, accounts = await visit.read(find)
        if session is None:
            return
        visit.user, stale = session
        visit.token, visit.csrf = token, csrf_token(self.csrf_key, token)
        visit.accounts = [one for one in accounts if visit.user.sees(one.id)]
        if stale:
            await self.services.store.write(lambda conn: signing_in.see_session(conn, token, now))

    def _check_role(self, page: Page, visit: Visit, user: User) -> None:
        if "account" in visit.request.path_params:
            wanted = visit.label("account")
            visit.account = next((one for one in visit.accounts if one.id == wanted), None)
            if visit.account is None:
                raise Refused(404, "There is no such account")
        if page.role is not None and user.role < page.role:
            raise Refused(
                403, "You may not do this", f"It takes the role {page.role.name.lower()}."
            )
        if page.everywhere and user.account_id is not None:
            raise Refused(403, "You may not do this", "It takes a user who sees all accounts.")

    def _check_csrf(self, visit: Visit) -> None:
        given = visit.form.raw(CSRF_FIELD)
        if not is_own_origin(visit.request.headers, strict=False) or not is_csrf_token(
            given, self.csrf_key, visit.token
        ):
            raise Refused(403, "This form has expired", "Load its page again and repeat it.")

    def _to_sign_in(self, page: Page, visit: Visit) -> Response:
        if page.method != "GET":
            raise Refused(403, "You are not signed in", "Sign in and repeat it.")
        target = visit.request.url.path
        return RedirectResponse(f"{ROOT}/sign-in?to={target}", status_code=303)

    def _failure(self, visit: Visit, status: int, title: str, text: str) -> Response:
        return visit.page("failure.html", status=status, title=title, text=text)

    def _finish(self, visit: Visit, response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if visit.done and response.status_code != 303:
            response.delete_cookie(DONE_COOKIE, path=ROOT)
        if self.secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
