"""What mail and callers bring is text on every page: no element, no attribute, no address of it.

Every text column of every table, every part of a mail, of an event's block, of a conversation with
a receiving server holds the same attack (`stock.py`); every page is visited, with the attack in
every parameter and in every field of every form as well.
"""

from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from pillarbox.console.form import Form
from pillarbox.console.protection import MAIL_CSP
from pillarbox.console.visit import Visit
from pillarbox.model.event_destination import KINDS
from tests.console.page_reader import read_page
from tests.console.routes import routes
from tests.console.stock import Stock

MARK = "xss"
#: Breaks out of text, of attributes with either quote or none, of what holds text alone, of
#: comments and of template expressions; turns the direction of what follows it.
ATTACK = (
    "javascript:xss() xss=1 \" xss=2 ' xss=3 onload=xss() > <xss> <script>xss()</script>"
    "<img src=x onerror=xss()></textarea></title></select></style></script><xss>--><xss>"
    "<svg/onload=xss()> {{7*7919}} {% raise %} ${7*7919} &lt;xss&gt; \u202e\u2066\u0085 "
)
ROWS = 10
#: What no page shows of what the stock holds, by how its name begins; all else is shown somewhere,
#: or this test would prove nothing of it.
NOT_SHOWN = (
    "configuration_sets.sending_pool",
    "configuration_sets.tag",
    "contact_lists.",
    "dkim_tokens.",
    "engagement",
    "event.bounced",
    "event_counts.",
    "feedback_forwards.",
    "identities.tag",
    "messages.feedback_to",
    "messages.return_path_domain",
    "messages.scan",
    "messages.signing_token",
    "notices.",
    "outbox_shards.",
    "portions.holder",
    "recipients.sent_from",
    "reputation_counts.worker",
    "send_counts.",
    "sts_policies.",
    "suppressed_destinations.f",
    "topic_subscriptions.token",
    "tracking_hosts.https_reason",
    "tracking_hosts.reason",
    "users.folded",
    "users.password_hash",
    "verification_templates.tag",
)


def named(field):
    """Give the attack as the text of a field; says which."""
    return f"{field.replace('.', '-').replace('_', '-').replace(' ', '-')}~ {ATTACK}"


@pytest.fixture
async def stock(console):
    """Fill the console's store with the attack."""
    stock = Stock(named)
    with console.store.transaction() as conn:
        stock.fill(conn, range(ROWS), console.services.settings.captured_folder)
    return stock


def problems(answer):
    """Give what is wrong with an answer, as a browser takes it."""
    kind = answer.headers.get("content-type", "")
    if answer.status in range(300, 400):
        return [] if answer.headers["location"].startswith("/console") else ["leads elsewhere"]
    if answer.headers.get("content-disposition", "").startswith("attachment"):
        return [] if answer.headers["x-content-type-options"] == "nosniff" else ["is sniffed"]
    if answer.headers.get("content-security-policy") == MAIL_CSP:
        return []  # a frame without scripts, network and our origin
    if not kind.startswith("text/html"):
        return [kind]
    wrong = read_page(answer.text, MARK).wrong
    wrong += ["a template ran"] if str(7 * 7919) in answer.text else []
    wrong += ["a NUL"] if "\0" in answer.text else []
    return wrong + (["failed"] if answer.status >= 500 else [])


async def test_no_page_takes_what_others_brought_for_its_own(console, stock):
    browser = await console.signed_in()
    found, shown = {}, ""
    for one in (*routes(stock), *_other_destinations(stock)):
        answer = await browser.open(one.url, follow=False)
        assert answer.status == one.status, (one.name, answer.text[-800:])
        found[one.name] = problems(answer)
        shown += "\n".join(read_page(answer.text, MARK).text)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    unseen = {one for one in stock.asked if named(one).partition(" ")[0] not in shown}
    assert {one for one in unseen if not one.startswith(NOT_SHOWN)} == set()


def _other_destinations(stock):
    """Give the pages of destinations of each other kind."""
    first = quote(stock.value("event_destinations.name", 0), safe="")
    for number in range(1, len(KINDS)):
        name = quote(stock.value("event_destinations.name", number), safe="")
        for one in routes(stock):
            if one.page.path.endswith("/destinations/{destination}"):
                yield replace(one, path=one.path.replace(first, name))


@pytest.fixture
def asked(monkeypatch):
    """Note which parameters and fields a page looks at."""
    noted: set[str] = set()

    class Noting:
        def __init__(self, given):
            self.given = given

        def get(self, name, default=None):
            noted.add(name)
            return self.given.get(name, default)

    given = Visit.query.fget
    monkeypatch.setattr(Visit, "query", property(lambda visit: Noting(given(visit))))
    for name in ("text", "raw", "optional", "checked", "all", "number"):
        real = getattr(Form, name)

        def note(form, field, *rest, real=real):
            noted.add(field)
            return real(form, field, *rest)

        monkeypatch.setattr(Form, name, note)
    return noted


async def test_no_page_takes_its_parameters_for_its_own(console, stock, asked):
    browser, found = await console.signed_in(), {}
    for one in routes(stock):
        asked.clear()
        await browser.open(one.url, follow=False)
        for name in sorted(asked):
            query = urlencode(one.query | {name: ATTACK})
            answer = await browser.open(f"{one.path}?{query}", follow=False)
            found[f"{one.name}?{name}"] = problems(answer)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 30


async def test_no_form_is_shown_again_with_what_was_typed_taken_for_its_own(console, stock, asked):
    browser, found = await console.signed_in(), {}
    for one in routes(stock, "POST"):
        if "sign-" in one.path:
            continue
        asked.clear()
        await browser.post(one.url)
        for name in sorted(asked):
            fields = dict.fromkeys(asked, ATTACK) | {name: named(name)}
            answer = await browser.post(one.url, fields)
            found[f"{one.name} {name}"] = problems(answer)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) > 50
