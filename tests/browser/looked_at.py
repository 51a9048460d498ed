"""Where each page of the console is looked at: its route's variables filled in.

A page whose route has none but the account needs no line here. One that has, and is in neither
table, fails a test; so nobody forgets to look at a new page.
"""

from pillarbox.console.pages import PAGES

_CONTACT = "?address=a%2Fb%40example.com"
_READER = "?address=ann%40receiver.example"

#: By route, the addresses to look at; `{…}` are names of the furnished town (furnishing.py).
FILLED: dict[str, tuple[str, ...]] = {
    "/users/{user}": ("/users/{user}",),
    "/users/{user}/delete": ("/users/{user}/delete",),
    "/accounts/{account}": ("/accounts/{account}", "/accounts/{stopped}"),
    "/accounts/{account}/{what}": ("/accounts/{account}/suspend", "/accounts/{account}/close"),
    "/reports/{report}": ("/reports/{report}",),
    "/{account}/identities/{identity}": (
        "/{account}/identities/example.com",
        "/{account}/identities/unset.example",
        "/{account}/identities/ada@person.example",
    ),
    "/{account}/identities/{identity}/delete": ("/{account}/identities/unset.example/delete",),
    "/{account}/identities/{identity}/keys": ("/{account}/identities/example.com/keys",),
    "/{account}/identities/{identity}/notifications": (
        "/{account}/identities/example.com/notifications",
    ),
    "/{account}/keys/{key}/revoke": ("/{account}/keys/{key}/revoke",),
    "/{account}/sets/{set}": ("/{account}/sets/newsletter", "/{account}/sets/bare"),
    "/{account}/sets/{set}/delete": ("/{account}/sets/newsletter/delete",),
    "/{account}/sets/{set}/destinations/new": tuple(
        "/{account}/sets/newsletter/destinations/new?kind=" + kind
        for kind in ("SNS", "FIREHOSE", "CLOUDWATCH", "EVENTBRIDGE", "PINPOINT")
    ),
    "/{account}/sets/{set}/destinations/{destination}": (
        "/{account}/sets/newsletter/destinations/application",
        "/{account}/sets/newsletter/destinations/metrics",
    ),
    "/{account}/sets/{set}/destinations/{destination}/delete": (
        "/{account}/sets/newsletter/destinations/application/delete",
    ),
    "/{account}/sets/{set}/destinations/{destination}/test": (
        "/{account}/sets/newsletter/destinations/application/test",
        "/{account}/sets/newsletter/destinations/archive/test",
    ),
    "/{account}/sets/{set}/destinations/{destination}/test/{event}": ("{trial}",),
    "/{account}/events/dead/{event}/{destination}": ("{dead}",),
    "/{account}/events/dead/{event}/{destination}/discard": ("{dead}/discard",),
    "/{account}/events/destinations/{destination}/replay": ("{dead_of}/replay",),
    "/{account}/events/destinations/{destination}/discard": ("{dead_of}/discard",),
    "/{account}/topics/{topic}": ("/{account}/topics/mail", "/{account}/topics/bare"),
    "/{account}/topics/{topic}/delete": ("/{account}/topics/mail/delete",),
    "/{account}/topics/{topic}/subscriptions/{subscription}/delete": ("{subscription}/delete",),
    "/{account}/topics/{topic}/subscriptions/{subscription}/secret": ("{rotated}",),
    "/{account}/messages/{id}": (
        "/{account}/messages/{delivered}",
        "/{account}/messages/{bounced}",
        "/{account}/messages/{waiting}",
    ),
    "/{account}/messages/{id}/cancel": ("/{account}/messages/{waiting}/cancel",),
    "/{account}/queue/{domain}/cancel": ("/{account}/queue/receiver.example/cancel",),
    "/shaping/{group}/reset": ("/shaping/hasty.example/reset",),
    "/{account}/tracking/domains/{domain}/delete": (
        "/{account}/tracking/domains/track.example.com/delete",
    ),
    "/{account}/tracking/statistics/domains/{domain}": (
        "/{account}/tracking/statistics/domains/example.com",
    ),
    "/{account}/ips/pools/{pool}": ("/{account}/ips/pools/marketing", "/{account}/ips/pools/bare"),
    "/{account}/ips/pools/{pool}/delete": ("/{account}/ips/pools/marketing/delete",),
    "/{account}/ips/{address}": ("/{account}/ips/192.0.2.10", "/{account}/ips/192.0.2.11"),
    "/addresses/{address}/remove": ("/addresses/192.0.2.10/remove",),
    "/{account}/segments/one/{application}/{segment}": ("{segment}",),
    "/{account}/segments/one/{application}/{segment}/edit": ("{segment}/edit",),
    "/{account}/segments/one/{application}/{segment}/delete": ("{segment}/delete",),
    "/{account}/segments/everybody/{application}": ("{everybody}",),
    "/{account}/segments/recipient": ("/{account}/segments/recipient" + _READER,),
    "/{account}/segments/recipient/forget": ("/{account}/segments/recipient/forget" + _READER,),
    "/{account}/templates/one/{template}": ("/{account}/templates/one/welcome",),
    "/{account}/templates/one/{template}/delete": ("/{account}/templates/one/welcome/delete",),
    "/{account}/templates/verification/one/{template}": (
        "/{account}/templates/verification/one/prove",
    ),
    "/{account}/templates/verification/one/{template}/delete": (
        "/{account}/templates/verification/one/prove/delete",
    ),
    "/{account}/contacts/lists/{list}": ("/{account}/contacts/lists/letters",),
    "/{account}/contacts/lists/{list}/edit": ("/{account}/contacts/lists/letters/edit",),
    "/{account}/contacts/lists/{list}/delete": ("/{account}/contacts/lists/letters/delete",),
    "/{account}/contacts/lists/{list}/new": ("/{account}/contacts/lists/letters/new",),
    "/{account}/contacts/lists/{list}/contact": (
        "/{account}/contacts/lists/letters/contact" + _CONTACT,
    ),
    "/{account}/contacts/lists/{list}/contact/delete": (
        "/{account}/contacts/lists/letters/contact/delete" + _CONTACT,
    ),
}
#: Routes that answer with no page of the console: files, and mail for a frame.
NO_PAGES = frozenset(
    {
        "/{account}/identities/{identity}/zone",
        "/{account}/captured/{name}/html",
        "/{account}/captured/{name}/source",
        "/{account}/captured/{name}/attachments/{number}",
        "/{account}/segments/one/{application}/{segment}/export.{form}",
        "/{account}/segments/everybody/{application}/export.{form}",
        "/{account}/suppression/export.{form}",
        "/{account}/messages/{id}/html",
        "/{account}/messages/{id}/source",
        "/{account}/messages/{id}/attachments/{number}",
    }
)
#: Looked at on the node in capture mode, since they have something to show there alone.
OF_CAPTURE_MODE = frozenset({"/{account}/captured", "/{account}/captured/{name}"})
#: Pages that look otherwise with something asked of them.
ASKED = (
    "/{account}?span=month",
    "/{account}/audit?actor=nobody",
    "/{account}/events?behind=on",
    "/{account}/events/dead?destination={dead_destination}",
    "/{account}/ips?pool=marketing",
    "/{account}/messages?since=wrong",
    "/{account}/messages?recipient=nobody",
    "/{account}/reputation?span=week",
    "/{account}/suppression?address=nobody@example.org",
    "/{account}/nowhere",
    "/shaping?all=1",
)
#: Pages whose first form that must be filled in is sent with all its fields empty, and comes back.
WRONG_FORMS = (
    "/me",
    "/users/new",
    "/addresses/new",
    "/{account}/contacts/new",
    "/{account}/identities/new",
    "/{account}/ips/new-pool",
    "/{account}/ips/192.0.2.10",
    "/{account}/send",
    "/{account}/sets/new",
    "/{account}/sets/bare/destinations/new?kind=SNS",
    "/{account}/segments/new",
    "/{account}/suppression",
    "/{account}/suppression/import",
    "{rotated}",
    "/{account}/templates/new",
    "/{account}/templates/verification/new",
    "/{account}/topics/new",
    "/{account}/tracking/domains/new",
)


def routes() -> list[str]:
    """Give the routes that are looked at by somebody who is signed in."""
    paths = [one.path for one in PAGES if one.method == "GET" and one.role is not None]
    return [one for one in paths if one not in NO_PAGES | OF_CAPTURE_MODE]


def variables_left(route: str) -> bool:
    """Tell whether a route has variables besides the account."""
    return "{" in route.replace("{account}", "")


def addresses() -> list[str]:
    """Give the addresses of all pages, with names of the town in them."""
    plain = [(one,) for one in routes() if one not in FILLED]
    filled = [FILLED[one] for one in routes() if one in FILLED]
    return [*(one for some in (*plain, *filled) for one in some), *ASKED]
