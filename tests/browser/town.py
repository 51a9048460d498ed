"""A node that delivers, and what is around it: DNS, a receiving host, a webhook.

example.com is verified to send. The receiving host decides by the recipient: `gone…` it refuses
for good, `busy…` for now, `hasty…` for being too much, all others it takes.
"""

import json
import re
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.site import ACCOUNT, Site
from tests.peers.browser import SharedBrowser
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until
from tests.peers.webhook import Webhook, webhook
from tests.peers.witness import Witness

SERVICE, SENDER, RECEIVER = "pillarbox.test", "example.com", "receiver.example"
RECEIVERS = (RECEIVER, "held.example", "hasty.example")
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:mail"


@dataclass
class Receiver(Witness):
    """A receiving host. `says`: by how a recipient begins, what it answers instead of 250."""

    says: dict[str, bytes] = field(
        default_factory=lambda: {
            "gone": b"550 5.1.1 No such user here",
            "busy": b"451 4.3.2 Please try again later",
            "hasty": b"421 4.7.0 Too many messages from you",
        }
    )

    def converse(self, session: socketserver.StreamRequestHandler, number: int) -> None:
        del number
        session.wfile.write(b"220 mx.receiver.example ESMTP\r\n")
        while line := session.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            answer = b"250 2.0.0 Ok"
            if verb == "RCPT":
                answer = self._verdict(rest.partition("<")[2])
            elif verb == "DATA":
                session.wfile.write(b"354 End data with <CR><LF>.<CR><LF>\r\n")
                while session.rfile.readline() not in {b".\r\n", b""}:
                    pass
                answer = b"250 2.0.0 Ok: queued as 4F2A81C09E"
            elif verb == "QUIT":
                answer = b"221 2.0.0 Bye"
            session.wfile.write(answer + b"\r\n")

    def _verdict(self, recipient: str) -> bytes:
        said = (reply for start, reply in self.says.items() if recipient.startswith(start))
        return next(said, b"250 2.1.5 Ok")


@dataclass
class Town:
    """What runs."""

    site: Site
    zone: DnsZone
    receiver: Receiver
    hook: Webhook

    @property
    def node(self) -> Node:
        """The node."""
        return self.site.node

    def add_domain(self, domain: str, *, publish: bool = True) -> list[str]:
        """Create an identity, and publish its records and have them looked up, if `publish`;
        give its DKIM tokens.
        """
        client = self.node.client("sesv2")
        made = client.create_email_identity(EmailIdentity=domain)
        tokens: list[str] = made["DkimAttributes"]["Tokens"]

        def verified() -> bool:
            self.site.send(f"/{ACCOUNT}/identities/{domain}/check")
            return bool(client.get_email_identity(EmailIdentity=domain)["VerifiedForSendingStatus"])

        if publish:
            self.publish(domain, tokens)
            until(verified, ARRIVAL_SECONDS, f"{domain} to be verified")
        return tokens

    def publish(self, domain: str, tokens: list[str]) -> None:
        """Set the records of its DKIM keys."""
        for token in tokens:
            self.zone.set(f"{token}._domainkey.{domain}", "CNAME", f"{token}.dkim.{SERVICE}")

    def send(self, *to: str, subject: str = "Your order", **more: Any) -> str:
        """Send a message from example.com, and give its id."""
        body = {
            "Html": {"Data": f"<h1>{subject}</h1><p><a href='https://example.com/'>Look</a></p>"},
            "Text": {"Data": f"{subject}\n\nhttps://example.com/\n"},
        }
        sent = self.node.client("sesv2").send_email(
            FromEmailAddress="Example Shop <orders@example.com>",
            Destination={"ToAddresses": list(to)},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": body}},
            **more,
        )
        return str(sent["MessageId"])

    def tried(self, message_id: str, attempts: int = 1) -> None:
        """Wait until a message has been tried: so many attempts, of all recipients together.

        From then on no worker holds the recipients, until they are due again.
        """

        def there() -> bool:
            path = f"/_pillarbox/attempts?message_id={message_id}"
            return len(json.loads(self.node.get(path)[2] or b"[]")) >= attempts

        until(there, ARRIVAL_SECONDS, f"{attempts} attempts of {message_id}")

    def subscribe(self, topic: str, hook: Webhook) -> None:
        """Make a topic whose messages a webhook gets: asked and confirmed."""
        self.site.submit(f"/{ACCOUNT}/topics", name=topic, version="1")
        below = f"/{ACCOUNT}/topics/{topic}"
        self.site.submit(f"{below}/subscriptions", url=hook.url)
        asked = [one.json for one in hook.of_type("SubscriptionConfirmation")]
        (token,) = [one["Token"] for one in asked if one["TopicArn"].endswith(f":{topic}")]
        self.site.submit(f"{below}/confirm", token=token)

    def verify_trace(self, domain: str) -> None:
        """Publish a trace domain's record, and have it looked up until it is verified."""
        self.zone.set(domain, "CNAME", f"email.{SERVICE}")
        trace = f"/{ACCOUNT}/tracking/domains"
        verified = rf"{re.escape(domain)}(?:(?!</tr>).)*>Verified<"

        def there() -> bool:
            self.site.send(f"{trace}/{domain}/verify")
            return re.search(verified, self.site.read(trace), re.DOTALL) is not None

        until(there, ARRIVAL_SECONDS, f"{domain} to be verified")


@contextmanager
def refusing(hook: Webhook, status: int) -> Iterator[None]:
    """Have a webhook answer with a status until the block ends."""
    usual, hook.status = hook.status, lambda _number: status
    try:
        yield
    finally:
        hook.status = usual


@contextmanager
def run_town(folder: Path, browser: SharedBrowser) -> Iterator[Town]:
    """Run it until the block ends."""
    with DnsZone() as zone, Receiver() as receiver, webhook() as hook:
        for domain in RECEIVERS:
            zone.set(domain, "MX", f"10 mx.{domain}")
            zone.set(f"mx.{domain}", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(receiver.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
            "PILLARBOX_NETWORK_HTTP_PORT": str(free_port()),
            "PILLARBOX_NETWORK_HTTPS_PORT": str(free_port()),
            "PILLARBOX_TRACK_URL": f"https://email.{SERVICE}",
        }
        with Node.start(folder, settings, workers=1) as node:
            zone.forward(SERVICE, node.dns_port)
            town = Town(Site.begin(node, browser), zone, receiver, hook)
            town.add_domain(SENDER)
            yield town
