"""The address of every page, over the stock: what the variables of its path name there.

A new route is visited by itself. One whose variable nobody knows fails, and so does one that shows
nothing: then it needs a line here, and perhaps a shape in `stock_shapes.py`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pillarbox.base.ids import uuid_text
from pillarbox.console.page import Page
from pillarbox.console.pages import PAGES
from tests.console.conftest import ACCOUNT
from tests.console.stock import Stock

#: The attachment of the stock's mails, counted as `mail_view` does.
_ATTACHMENT = "3"
Label = Callable[[Stock], str]


def _text(field: str) -> Label:
    return lambda stock: str(stock.value(field, 0))


def _hex(field: str, number: int = 0) -> Label:
    return lambda stock: bytes(stock.value(field, number)).hex()


#: The variables of paths, by how the path begins ("" for any) and name.
LABELS: dict[tuple[str, str], Label] = {
    ("", "account"): lambda _: ACCOUNT,
    ("", "user"): _hex("users.id"),
    ("/accounts", "what"): lambda _: "suspend",
    ("/reports", "report"): lambda stock: uuid_text(stock.value("kept_reports.id", 0)),
    ("", "identity"): _text("identities.name"),
    ("/{account}/captured", "name"): lambda stock: f"{stock.key('captured', 0).hex()}-000",
    ("", "number"): lambda _: _ATTACHMENT,
    ("", "key"): _text("access_keys.id"),
    ("", "set"): _text("configuration_sets.name"),
    ("/{account}/sets", "destination"): _text("event_destinations.name"),
    ("/{account}/sets", "event"): _hex("events.id", 2),
    ("/{account}/events", "destination"): _hex("event_destinations.id"),
    ("/{account}/events", "event"): _hex("events.id"),
    ("", "topic"): _text("topics.name"),
    ("", "subscription"): _hex("topic_subscriptions.id"),
    ("/{account}/messages", "id"): lambda stock: stock.message_id(0),
    ("/{account}/queue", "domain"): lambda stock: stock.value("lanes.lane", 0).partition(" ")[0],
    ("/{account}/tracking/domains", "domain"): _text("tracking_hosts.host"),
    ("/{account}/tracking/statistics", "domain"): _text("identities.name"),
    ("/shaping", "group"): _text("shaping_groups.name"),
    ("", "pool"): _text("dedicated_ip_pools.name"),
    ("", "address"): _text("dedicated_ips.address"),
    ("", "list"): _text("contact_lists.name"),
    ("", "application"): _text("engagement.application"),
    ("", "segment"): _text("segments.name"),
    ("", "form"): lambda _: "csv",
    ("/{account}/templates/verification", "template"): _text("verification_templates.name"),
    ("/{account}/templates", "template"): _text("email_templates.name"),
}

#: What a page needs to be told beside its path, by how the path begins.
QUERIES: dict[str, dict[str, Label]] = {
    "/{account}/contacts/lists/{list}/contact": {"address": _text("contacts.address")},
    "/{account}/segments/recipient": {"address": _text("engagement.folded")},
}

#: Pages that show nothing to who is signed in.
ELSEWHERE = {"/first-run": 404, "/sign-in": 303}


@dataclass(frozen=True)
class Route:
    """A page and its address. `query`: what it needs to be told; `status`: what it answers."""

    page: Page
    path: str
    query: dict[str, str]

    @property
    def url(self) -> str:
        """Give the whole address."""
        return self.path + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def status(self) -> int:
        """Give the status that it answers with."""
        return ELSEWHERE.get(self.page.path, 200)

    @property
    def name(self) -> str:
        """Name it for people."""
        return f"{self.page.method} {self.page.path}"


def routes(stock: Stock, method: str = "GET") -> Iterator[Route]:
    """Give all pages of a method."""
    return (_route(one, stock) for one in PAGES if one.method == method)


def _route(page: Page, stock: Stock) -> Route:
    query = next((told for start, told in QUERIES.items() if page.path.startswith(start)), {})
    return Route(
        page=page,
        path="/console" + _filled(page.path, stock),
        query={name: label(stock) for name, label in query.items()},
    )


def _filled(path: str, stock: Stock) -> str:
    def fill(found: re.Match[str]) -> str:
        return quote(_label(path, found[1])(stock), safe="")

    return re.sub(r"\{(\w+)(?::\w+)?\}", fill, path)


def _label(path: str, variable: str) -> Label:
    for (start, name), label in LABELS.items():
        if name == variable and path.startswith(start):
            return label
    raise AssertionError(f"{path}: what {{{variable}}} is has to be said in LABELS")
