"""Signing in and out.

The answer to a wrong name, a wrong password and a wrong code is one and the same.
"""

import secrets

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
from pillarbox.console.protection import session_cookie
from pillarbox.console.secrets_typed import code_step, is_password, open_totp
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.people import signing_in
from pillarbox.manage.people.audit import Actor, record_audit
from pillarbox.manage.people.signing_in import Visitor
from pillarbox.manage.people.users import has_users
from pillarbox.model.user import Role, User
from pillarbox.store.people.users import Credentials

_WRONG = "Name, password or code is wrong."
_MOST_TYPED = 1000


async def form(visit: Visit) -> Response:
    """Show the form."""
    if visit.user is not None:
        return visit.redirect(ROOT)
    there = await visit.read(has_users)
    wanted = visit.form.text("to") or visit.query.get("to", "")
    return visit.page("sign_in.html", to=own_page(wanted), has_users=there)


async def sign_in(visit: Visit) -> Response:
    """Begin a session, a new one whatever cookie came."""
    visitor = Visitor(visit.form.text("name")[:_MOST_TYPED], visit.address)
    now = visit.now
    known = await visit.read(lambda conn: signing_in.find_credentials(conn, visitor, now))
    password = visit.form.raw("password")[:_MOST_TYPED]
    right = await is_password(known.password_hash if known else None, password)
    step = _step(visit, known) if known else None
    if not right or known is None or (known.totp_sealed and step is None):
        raise await _refusal(visit, visitor)
    return await begin_session(visit, known.user, visitor, step)


async def begin_session(
    visit: Visit, user: User, visitor: Visitor, step: int | None = None
) -> Response:
    """Give the browser a session of this user, and send it on."""
    token, now = secrets.token_urlsafe(32), visit.now
    actor = Actor(name=user.name, via="console", source_ip=visit.address)

    def begin(conn: Connection) -> bool:
        begun = signing_in.begin_session(conn, user, visitor, token, step, now)
        if begun:
            record_audit(
                conn, actor, now=now, action="session.begin", subject=user.name, account_id=None
            )
        return begun

    if not await visit.services.store.write(begin):
        raise await _refusal(visit, visitor)
    response = visit.redirect(own_page(visit.form.text("to")))
    response.set_cookie(
        session_cookie(secure=visit.secure),
        token,
        max_age=signing_in.LONGEST_MS // 1000,
        path="/",
        httponly=True,
        secure=visit.secure,
        samesite="lax",
    )
    return response


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    token = visit.token
    await visit.services.store.write(lambda conn: signing_in.end_session(conn, token))
    response = visit.redirect(f"{ROOT}/sign-in", "You are signed out.")
    response.delete_cookie(session_cookie(secure=visit.secure), path="/", secure=visit.secure)
    return response


def own_page(wanted: str) -> str:
    """Give a page of the console to go on to; the front page for anything else."""
    plain = wanted.startswith(ROOT + "/") and "//" not in wanted and "\\" not in wanted
    return wanted if plain and wanted.isprintable() and not wanted.isspace() else ROOT


def _step(visit: Visit, known: Credentials) -> int | None:
    if known.totp_sealed is None:
        return None
    secret = open_totp(visit.services.sealer, known.totp_sealed, known.user.id)
    return code_step(secret, visit.form.text("code"), visit.now)


async def _refusal(visit: Visit, visitor: Visitor) -> FormError:
    now = visit.now
    await visit.services.store.write(lambda conn: signing_in.note_failure(conn, visitor, now))
    return FormError({"": _WRONG}, status=401)


PAGES = (
    show("/sign-in", None, form),
    act("/sign-in", None, sign_in, form),
    act("/sign-out", Role.VIEWER, sign_out),
)
