"""What happens to a message and to a topic's webhooks, for the tests of publishing."""

import base64
import email
import email.policy
import re
import smtplib
import urllib.error
import urllib.request
from contextlib import closing
from html import unescape

from pillarbox.manage.deployment import DEFAULT_ACCOUNT
from pillarbox.manage.topics import unsubscribe
from pillarbox.store.store import Store
from tests.inbound_reports import arf, dsn
from tests.peers.wait import ARRIVAL_SECONDS


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_STAY = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)


def visit(url):
    """Follow a link of a message to a webhook: the text that is there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=ARRIVAL_SECONDS) as got:
        return got.read().decode()


def leave(node, *hooks):
    """Remove webhooks: what `topics unsubscribe` does, without a process for each."""
    store = Store(f"sqlite:///{node.data / 'pillarbox.sqlite'}")
    with closing(store), store.transaction() as conn:
        for hook in hooks:
            unsubscribe(conn, DEFAULT_ACCOUNT, "news", hook.url, region="us-east-1")


def track(node, message):
    """Open the message and click its link, as its recipient does."""
    (copy,) = [one for one in node.captured() if one["message_id"] == message]
    parsed = email.message_from_bytes(base64.b64decode(copy["raw"]), policy=email.policy.SMTP)
    html = parsed.get_body(("html",)).get_content()
    pixel, link = re.search(r'src="([^"]+)"', html)[1], re.search(r'href="([^"]+)"', html)[1]
    for url in (pixel, link):
        head = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        asked = urllib.request.Request(unescape(url), headers=head)
        try:
            _STAY.open(asked, timeout=ARRIVAL_SECONDS).close()
        except urllib.error.HTTPError as redirect:
            redirect.close()


def come_back(node, message, to):
    """Have the receiver report a bounce of the message, and a complaint about it."""
    (copy,) = [one for one in node.captured() if one["message_id"] == message]
    with smtplib.SMTP("127.0.0.1", node.inbound_port, timeout=ARRIVAL_SECONDS) as session:
        session.sendmail("", [copy["return_path"]], dsn(to))
        session.sendmail("fbl@isp.example", [copy["return_path"]], arf())
