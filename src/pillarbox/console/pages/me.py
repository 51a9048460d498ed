"""One's own account: password and one-time codes."""

import pyotp
from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
from pillarbox.console.secrets_typed import (
    check_totp_secret,
    chosen_password,
    code_step,
    hash_typed,
    is_password,
    totp_place,
)
from pillarbox.console.visit import ROOT, Visit
from pillarbox.manage.people.signing_in import hash_token
from pillarbox.manage.people.users import set_password, set_totp
from pillarbox.model.user import Role
from pillarbox.store.people.users import find_credentials

PATH = "/me"


async def me(visit: Visit) -> Response:
    """Show it, with a new secret for one-time codes."""
    secret = visit.form.text("secret") or pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=visit.person.name, issuer_name="Pillarbox")
    return visit.page("me.html", secret=secret, uri=uri)


async def change_password(visit: Visit) -> Response:
    """Take a new password; all other sessions end."""
    await _prove(visit, "current")
    password = chosen_password(visit.form, visit.person.name)
    hashed, user = await hash_typed(password), visit.person
    await visit.change(
        "user.password",
        user.name,
        lambda conn: set_password(conn, user.id, hashed, but_session=hash_token(visit.token)),
    )
    return visit.redirect(ROOT + PATH, "Your password is changed; other sessions have ended.")


async def codes_on(visit: Visit) -> Response:
    """Ask for one-time codes from now on."""
    secret, user = check_totp_secret(visit.form.text("secret")), visit.person
    step = code_step(secret, visit.form.text("code"), visit.now)
    if step is None:
        raise FormError({"code": "This is not the code that belongs to the secret now."})
    sealed = visit.services.sealer.seal(secret.encode(), totp_place(user.id))
    await visit.change(
        "user.codes-on", user.name, lambda conn: set_totp(conn, user.id, sealed, step)
    )
    return visit.redirect(ROOT + PATH, "Signing in takes a code from now on.")


async def codes_off(visit: Visit) -> Response:
    """Ask for one-time codes no more."""
    await _prove(visit, "off-password")
    user = visit.person
    await visit.change(
        "user.codes-off", user.name, lambda conn: set_totp(conn, user.id, None, None)
    )
    return visit.redirect(ROOT + PATH, "Signing in takes no code any more.")


async def _prove(visit: Visit, name: str) -> None:
    """Let whoever sits at a browser left open change nothing of this."""
    known = await visit.read(lambda conn: find_credentials(conn, visit.person.name))
    if known is None or not await is_password(known.password_hash, visit.form.raw(name)):
        raise FormError({name: "This is not your password."})


PAGES = (
    show(PATH, Role.VIEWER, me),
    act(f"{PATH}/password", Role.VIEWER, change_password, me),
    act(f"{PATH}/codes", Role.VIEWER, codes_on, me),
    act(f"{PATH}/codes/off", Role.VIEWER, codes_off, me),
)
