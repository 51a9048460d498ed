"""One identity: its DNS records with what DNS says of each, and its settings."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.mail_answers import to_save
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.identity.checking import keep_findings
from pillarbox.identity.finding import Finding
from pillarbox.identity.looking import Seen, look_up
from pillarbox.identity.records import DnsRecord, identity_records, zone_file
from pillarbox.manage.identities import settings
from pillarbox.manage.identities.identities import (
    Identity,
    get_identity,
    lookup_name,
    missing_identity,
)
from pillarbox.manage.identities.mail_from import set_mail_from
from pillarbox.manage.identities.verification import check_now
from pillarbox.model.user import Role
from pillarbox.store.identity.dkim_tokens import KeyRow, list_keys
from pillarbox.store.identity.identities import IdentityRow, find_identity

PATH = "/{account}/identities/{identity}"
LOOK_SECONDS = 3.0
CHECK_SECONDS = 20.0
BEHAVIORS = ("USE_DEFAULT_VALUE", "REJECT_MESSAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An identity with its row and keys."""

    identity: Identity
    row: IdentityRow
    keys: Sequence[KeyRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """A record to set, and what DNS says of it; None: it has not answered yet."""

    record: DnsRecord
    finding: Finding | None


async def identity(visit: Visit) -> Response:
    """Show it; DNS is asked while the page is made, for a short while."""
    found = await _find(visit)
    seen = None if visit.services.everything_verified else await _look(visit, found, LOOK_SECONDS)
    return _page(visit, found, seen)


async def check(visit: Visit) -> Response:
    """Look its records up now and keep what they say; what has failed begins anew."""
    name = visit.label("identity")
    await visit.change(
        "identity.check",
        name,
        lambda conn: check_now(conn, visit.account_id, lookup_name(name), now=visit.now),
    )
    found = await _find(visit)
    seen = await _look(visit, found, CHECK_SECONDS)
    if seen is None:
        raise FormError({"": "DNS does not answer. Please try again later."}, status=503)
    await visit.services.store.write(lambda conn: keep_findings(conn, found.row, seen, visit.now))
    return visit.redirect(_url(visit), "DNS was asked now.")


async def zone(visit: Visit) -> Response:
    """Give its records as a zone file."""
    found = await _find(visit)
    text = zone_file(identity_records(visit.services.names, found.row, found.keys))
    return Response(text, media_type="text/plain", headers=to_save(f"{found.row.name}.zone"))


async def set_signing(visit: Visit) -> Response:
    """Sign its mail or not."""
    name, enabled = visit.label("identity"), visit.form.checked("signing")
    with blame("signing"):
        await visit.change(
            "identity.signing",
            name,
            lambda conn: settings.set_dkim_enabled(conn, visit.account_id, name, enabled=enabled),
            enabled=enabled,
        )
    return visit.redirect(_url(visit), "Saved.")


async def set_feedback(visit: Visit) -> Response:
    """Forward bounces and complaints by mail or not."""
    name, enabled = visit.label("identity"), visit.form.checked("feedback")
    await visit.change(
        "identity.feedback",
        name,
        lambda conn: settings.set_feedback_forwarding(
            conn, visit.account_id, name, enabled=enabled
        ),
        enabled=enabled,
    )
    return visit.redirect(_url(visit), "Saved.")


async def save_mail_from(visit: Visit) -> Response:
    """Set its MAIL FROM domain, or remove it."""
    name, domain = visit.label("identity"), visit.form.optional("mail_from")
    behavior = visit.form.text("behavior")
    if behavior not in BEHAVIORS:
        raise FormError({"behavior": "Choose one."})
    with blame("mail_from"):
        await visit.change(
            "identity.mail-from",
            name,
            lambda conn: set_mail_from(
                conn, visit.account_id, name, domain, behavior, now=visit.now
            ),
            domain=domain or "none",
            behavior=behavior,
        )
    return visit.redirect(_url(visit), "Saved." if domain else "The MAIL FROM domain is removed.")


async def save_set(visit: Visit) -> Response:
    """Set the configuration set of mail that names none."""
    name, chosen = visit.label("identity"), visit.form.optional("set")
    with blame("set"):
        await visit.change(
            "identity.configuration-set",
            name,
            lambda conn: settings.set_default_configuration_set(
                conn, visit.account_id, name, chosen
            ),
            set=chosen or "none",
        )
    return visit.redirect(_url(visit), "Saved.")


def _page(visit: Visit, found: Found, seen: Seen | None) -> Response:
    records = identity_records(visit.services.names, found.row, found.keys)
    lines = lines_of(records, seen.all if seen else ())
    return visit.page("identity.html", identity=found.identity, lines=lines)


def lines_of(records: Sequence[DnsRecord], findings: Iterable[Finding]) -> list[RecordLine]:
    """Put findings beside the records that they are of: by name, those of one name in their order.

    More is looked up than is asked for: keys of ours while they sign until one's own is found.
    """
    by_name: dict[str, list[Finding]] = {}
    for one in findings:
        by_name.setdefault(one.name, []).append(one)
    found = {name: iter(some) for name, some in by_name.items()}
    return [
        RecordLine(record=one, finding=next(found.get(one.name, iter(())), None)) for one in records
    ]


async def _find(visit: Visit) -> Found:
    name, account_id = visit.label("identity"), visit.account_id

    def find(conn: Connection) -> Found:
        row = find_identity(conn, account_id, lookup_name(name))
        if row is None:
            raise missing_identity(name)
        return Found(
            identity=get_identity(
                conn, account_id, name, everything_verified=visit.services.everything_verified
            ),
            row=row,
            keys=list_keys(conn, account_id, row.name),
        )

    return await visit.read(find)


async def _look(visit: Visit, found: Found, seconds: float) -> Seen | None:
    """Ask DNS, for so long at most; None when it has not answered by then."""
    services = visit.services
    try:
        async with asyncio.timeout(seconds):
            return await look_up(services.resolver, services.names, found.row, found.keys)
    except TimeoutError:
        return None


def _url(visit: Visit) -> str:
    return visit.url(f"/identities/{visit.label('identity')}")


PAGES = (
    show(PATH, Role.VIEWER, identity),
    show(f"{PATH}/zone", Role.VIEWER, zone),
    act(f"{PATH}/check", Role.OPERATOR, check, identity),
    act(f"{PATH}/signing", Role.OPERATOR, set_signing, identity),
    act(f"{PATH}/feedback", Role.OPERATOR, set_feedback, identity),
    act(f"{PATH}/mail-from", Role.OPERATOR, save_mail_from, identity),
    act(f"{PATH}/set", Role.OPERATOR, save_set, identity),
)
