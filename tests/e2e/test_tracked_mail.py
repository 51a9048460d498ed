"""A tracked letter from the API to a real browser: it opens, a click lands, the events say who."""

import base64
import email
import email.policy
import http.client
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, Route

from pillarbox.proto.html.links import find_links
from tests.peers import javascript
from tests.peers.browser import BrowserPage, needs_chromium, open_page
from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS

PATH = "/orders/4711?ref=mail&step=%20%zz|[2]#here"


class Shop(BaseHTTPRequestHandler):
    """Where links lead; keeps what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>shop</title>")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[str, list[str]]]:
    """The shop's URL, and the paths that were asked for."""
    Shop.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Shop.asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node in capture mode whose account tracks opens and clicks."""
    with Node.start(tmp_path_factory.mktemp("tracked"), CAPTURE, workers=1) as started:
        started.client("sesv2").create_email_identity(EmailIdentity="shop.example")
        started.run("tracking", "settings", "set", "--opens", "--clicks")
        yield started


@pytest.fixture(scope="module")
def page() -> Iterator[BrowserPage]:
    """A page that loads from this machine only."""

    def answer(route: Route) -> None:
        if route.request.url.startswith("http://127.0.0.1:"):
            route.continue_()
        else:
            route.abort()

    with open_page(answer) as opened:
        yield opened


def send(node: Node, html: str, *recipients: str) -> tuple[str, dict[str, str]]:
    """Send a letter: its id, and the HTML that each recipient got."""
    client = node.client("sesv2")
    body = {"Html": {"Data": html, "Charset": "UTF-8"}, "Text": {"Data": "see http://x.example/"}}
    answer = client.send_email(
        FromEmailAddress="orders@shop.example",
        Destination={"ToAddresses": list(recipients)},
        Content={"Simple": {"Subject": {"Data": "Your order"}, "Body": body}},
    )
    node.events_when(answer["MessageId"], "Send", *["Delivery"] * len(recipients))
    copies = [one for one in node.captured() if one["message_id"] == answer["MessageId"]]
    return answer["MessageId"], {one["recipient"]: html_of(one["raw"]) for one in copies}


def html_of(raw: str) -> str:
    message = email.message_from_bytes(base64.b64decode(raw), policy=email.policy.SMTP)
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@needs_chromium
def test_a_browser_opens_and_clicks_and_the_events_say_who(node, shop, page):
    url, asked = shop
    written = (url + PATH).replace("&", "&amp;")
    html = f'<html><body>Grüße <a id=x ses:tags="kind:order" href="{written}">see</a></body></html>'
    message_id, copies = send(node, html, "one@x.example", "two@x.example")
    assert len(set(copies.values())) == 2

    def read(shown: Page) -> str:
        shown.set_content(copies["two@x.example"], wait_until="load")
        shown.click("#x")
        shown.wait_for_url("**/orders/**")
        return shown.url

    assert page.do(read) == url + PATH
    assert PATH.partition("#")[0] in asked
    events = node.events_when(message_id, "Send", "Delivery", "Delivery", "Open", "Click")
    by_type = {one["eventType"]: one for one in events}
    assert by_type["Open"]["open"]["recipient"] == "two@x.example"
    click = by_type["Click"]["click"]
    assert (click["link"], click["linkTags"]) == (url + PATH, {"kind": ["order"]})
    assert click["recipient"] == "two@x.example"


@javascript.needs_packages
def test_each_link_of_each_copy_of_a_newsletter_leads_where_it_led(node):
    html = json.loads(javascript.run("newsletters.mjs", environment={}))["mjml/everything"]
    targets = [link.target for link in find_links(html).links]
    _, copies = send(node, html, "one@x.example", "two@x.example", "three@x.example")
    assert len(targets) > 10
    for copy in copies.values():
        tracked = re.findall(rf"http://127\.0\.0\.1:{node.track_port}(/c/[A-Za-z0-9_-]+)", copy)
        assert [location(node, path) for path in tracked] == targets


def location(node: Node, path: str) -> str | None:
    """Ask the tracking listener for a link, and give where it sends us."""
    connection = http.client.HTTPConnection("127.0.0.1", node.track_port, timeout=ARRIVAL_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().getheader("Location")
    finally:
        connection.close()
