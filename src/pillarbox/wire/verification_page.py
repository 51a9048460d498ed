"""The page behind a verification link, `/verify/TOKEN` on the tracking listener.

The link of a custom verification mail leads on to the URLs that the customer has stored with that
mail, and to no other: the token names the mail, not the URL.

GET shows a button and changes nothing, since mail scanners open every link; POST confirms. The page
names the address and nothing else: no account, no script, nothing loaded from elsewhere.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.manage.identities.verification import confirm_address
from pillarbox.manage.identities.verification_mail import PREFIX
from pillarbox.model.page import PageAnswer, PageRequest
from pillarbox.model.verification import LINK_MS
from pillarbox.proto.links.verify_link import VerifyLink, decode
from pillarbox.store.identity.verification_templates import find_template
from pillarbox.wire.sesv2.services import Storage

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1.5rem}}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPage:
    """Serves `/verify/`; `serve` is the Page."""

    store: Storage
    key: bytes
    now: Callable[[], int]

    async def serve(self, request: PageRequest) -> PageAnswer:
        """Answer one request."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return _answer(405, "Not here", "<p>This page is opened with a link.</p>")
        link = decode(request.path.removeprefix(PREFIX), self.key)
        if link is None:
            return _answer(
                404, "This link does not work", "<p>Is it whole? Please copy all of it.</p>"
            )
        if self.now() - link.issued_at >= LINK_MS:
            return await self._lead_on(link, confirmed=False) or _expired()
        if request.method == "POST":
            return await self._confirm(link)
        return _answer(
            200,
            "Verify this address",
            f"<p>Confirm that mail may be sent as <strong>{html.escape(link.address)}</strong>.</p>"
            '<form method="post"><button type="submit">Verify</button></form>'
            "<p>You did not ask for this? Close this page; nothing happens.</p>",
        )

    async def _confirm(self, link: VerifyLink) -> PageAnswer:
        try:
            confirmed = await self.store.write(
                lambda conn: confirm_address(
                    conn,
                    link.account_id,
                    link.address,
                    issued_at=link.issued_at,
                    now=self.now(),
                )
            )
        except ServiceUnavailable:
            return _answer(503, "Not now", "<p>Please try again in a moment.</p>")
        led = await self._lead_on(link, confirmed=confirmed)
        if led is not None:
            return led
        if not confirmed:
            return _expired()
        return _answer(
            200,
            "Verified",
            f"<p>Mail may now be sent as <strong>{html.escape(link.address)}</strong>.</p>",
        )

    async def _lead_on(self, link: VerifyLink, *, confirmed: bool) -> PageAnswer | None:
        """Lead to where the custom mail says; None where there is none, or nobody can tell."""
        if link.template is None:
            return None
        name = link.template
        try:
            found = await self.store.read(lambda conn: find_template(conn, link.account_id, name))
        except ServiceUnavailable:
            return None
        if found is None:
            return None
        return PageAnswer(
            status=303, location=found.success_url if confirmed else found.failure_url
        )


def _expired() -> PageAnswer:
    return _answer(410, "This link has expired", "<p>Please ask for a new one.</p>")


def _answer(status: int, title: str, body: str) -> PageAnswer:
    page = _PAGE.format(title=html.escape(title), body=body)
    return PageAnswer(status=status, body=page.encode())
