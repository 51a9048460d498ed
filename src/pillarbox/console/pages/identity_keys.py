"""Which keys sign a domain's mail: ours of either length, or the customer's own.

A private key that is typed here is sealed at once and never shown again, not even in a form that
is wrong.
"""

import base64

from starlette.responses import Response

from pillarbox.console.form import Form, FormError, blame
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.manage.identities.dkim_signing import (
    EXTERNAL,
    OURS,
    Signing,
    check_signing,
    needed_keys,
    set_signing,
)
from pillarbox.manage.identities.identities import get_identity
from pillarbox.manage.names import check_selector
from pillarbox.model.user import Role
from pillarbox.store.identity.identities import TokenRow

PATH = "/{account}/identities/{identity}/keys"
LENGTHS = ("2048", "1024")
_SECRET = "private_key"  # noqa: S105  # the name of a field


async def keys(visit: Visit) -> Response:
    """Show the form; what was typed as a private key is gone."""
    name = visit.label("identity")
    visit.form = visit.form.without(_SECRET)
    found = await visit.read(
        lambda conn: get_identity(
            conn, visit.account_id, name, everything_verified=visit.services.everything_verified
        )
    )
    check_signing(Signing(), found.kind)
    return visit.page("identity_keys.html", identity=found, lengths=LENGTHS)


async def save(visit: Visit) -> Response:
    """Change them; keys are made or read before the transaction."""
    name, signing = visit.label("identity"), _typed(visit.form)
    made = await _make(visit, name, signing)
    await visit.change(
        "identity.keys",
        name,
        lambda conn: set_signing(
            conn,
            visit.account_id,
            name,
            signing,
            made,
            now=visit.now,
            everything_verified=visit.services.everything_verified,
        ),
        origin=signing.origin,
        **({"selector": signing.selector} if signing.external else {"bits": signing.bits}),
    )
    done = "Saved. What signed before signs on until the record below is found."
    if not made:
        done = "Saved."
    return visit.redirect(visit.url(f"/identities/{name}"), done)


def _typed(form: Form) -> Signing:
    """Read the form; raises FormError."""
    origin = form.text("origin")
    if origin == EXTERNAL:
        with blame("selector"):
            selector = check_selector(form.text("selector"))
        key = form.text(_SECRET)
        if not key:
            raise FormError({_SECRET: "Give the private key."})
        return Signing(origin=EXTERNAL, selector=selector, private_key=_in_base64(key))
    if origin != OURS:
        raise FormError({"origin": "Choose one."})
    if form.text("bits") not in LENGTHS:
        raise FormError({"bits": "Choose one."})
    return Signing(origin=OURS, bits=int(form.text("bits")))


def _in_base64(key: str) -> str:
    """Give a key as the API takes it: a PEM file in base64, or what is that already."""
    if key.startswith("-----BEGIN "):
        return base64.b64encode(key.encode()).decode()
    return "".join(key.split())


async def _make(visit: Visit, name: str, signing: Signing) -> list[TokenRow]:
    """Make or read the keys that it takes; raises FormError."""
    services, account_id = visit.services, visit.account_id
    with blame("origin" if signing.external else "bits"):
        needed = await visit.read(
            lambda conn: needed_keys(conn, account_id, name, signing, visit.now)
        )
    ours = DkimKeys(services.store, services.sealer, services.threads)
    if needed.kind == "external":
        with blame(_SECRET):
            return [await ours.own_key(signing.selector or "", signing.private_key or "")]
    if needed.kind == "tokens":
        return list(await services.new_tokens(needed.bits))
    if needed.kind == "next":
        return [await ours.next_key(needed.selector, needed.bits)]
    return []


PAGES = (
    show(PATH, Role.OPERATOR, keys),
    act(PATH, Role.OPERATOR, save, keys),
)
