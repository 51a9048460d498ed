"""The first user: made by whoever holds the link that `pillarbox serve` prints.

The link is worth something only while there is no user. Its token comes from the master key, so
every node prints the same one and none is kept.
"""

import hmac

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.secrets import Sealer
from pillarbox.console.form import blame
from pillarbox.console.page import act, show
from pillarbox.console.pages.sign_in import begin_session
from pillarbox.console.secrets_typed import chosen_password, hash_typed
from pillarbox.console.serving import Refused
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.people.audit import Actor, record_audit
from pillarbox.manage.people.signing_in import Visitor
from pillarbox.manage.people.users import check_user_name, create_first_user, has_users
from pillarbox.model.user import User

PATH = "/first-run"


def first_run_token(sealer: Sealer) -> str:
    """Give the token in the link."""
    return sealer.derive("console first run").hex()[:40]


async def form(visit: Visit) -> Response:
    """Show the form to who has the link."""
    await _check(visit)
    return visit.page("first_run.html")


async def make(visit: Visit) -> Response:
    """Make the user and sign it in."""
    await _check(visit)
    with blame("name"):
        name = check_user_name(visit.form.raw("name"))
    password_hash = await hash_typed(chosen_password(visit.form, name))
    now = visit.now

    def create(conn: Connection) -> User:
        user = create_first_user(conn, name, password_hash, now)
        actor = Actor(name=name, via="console", source_ip=visit.address)
        record_audit(conn, actor, now=now, action="user.create", subject=name, account_id=None)
        return user

    user = await visit.services.store.write(create)
    return await begin_session(visit, user, Visitor(name, visit.address))


async def _check(visit: Visit) -> None:
    given = visit.query.get("token", "")
    if not hmac.compare_digest(given.encode(), first_run_token(visit.services.sealer).encode()):
        raise Refused(404, "This link does not work", "Copy all of the link that serve prints.")
    if await visit.read(has_users):
        raise Refused(410, "The first user is there already", f"Sign in at {ROOT}/sign-in.")


PAGES = (show(PATH, None, form), act(PATH, None, make, form))
