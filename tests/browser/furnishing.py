"""Something to see on every page: a town with mail of every state, and one of each thing."""

import re
import smtplib
from typing import Any

from tests.browser.site import ACCOUNT, PASSWORD, Site
from tests.browser.town import RECEIVER, SENDER, TOPIC, Town, refusing
from tests.inbound_reports import arf
from tests.peers.wait import ARRIVAL_SECONDS, until

STOPPED, VIEWER = "222222222222", "Vic Viewer"
_BELOW = f"/{ACCOUNT}"
_APPLICATION, _READER = "0a" * 16, f"ann@{RECEIVER}"
_DIMENSION = {
    "DimensionName": "campaign",
    "DimensionValueSource": "MESSAGE_TAG",
    "DefaultDimensionValue": "none",
}
_ALL_TYPES = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK"]


def furnish(town: Town) -> dict[str, str]:
    """Furnish it, and give the names of what is in it."""
    names = {"account": ACCOUNT, "stopped": STOPPED}
    names |= _people(town.site)
    _identities(town)
    _sets(town)
    names["rotated"] = _standard_webhook(town)
    _addresses(town.site)
    _contacts(town.site)
    names |= _mail(town)
    names |= _events(town)
    _templates(town.site)
    names |= _segment(town.site)
    names["report"] = _report(town)
    return names


def _people(site: Site) -> dict[str, str]:
    """Users, a key, another account that is stopped."""
    site.submit("/users", name=VIEWER, password=PASSWORD, role="viewer")
    site.submit(f"{_BELOW}/keys", operations="SendEmail, SendRawEmail")
    site.submit("/accounts", id=STOPPED, name="Second", access="production")
    site.submit(f"/accounts/{STOPPED}/suspend")
    return {
        "user": site.find("/users", rf"/users/(\w{{32}})\">{VIEWER}"),
        "key": site.find(f"{_BELOW}/keys", r"/keys/(\w+)/revoke"),
    }


def _identities(town: Town) -> None:
    """Identities whose records are missing and different, a trace domain, tracking settings."""
    site = town.site
    tokens = town.add_domain("unset.example", publish=False)
    town.zone.set(f"{tokens[0]}._domainkey.unset.example", "CNAME", "elsewhere.example")
    site.send(f"{_BELOW}/identities/unset.example/check")
    site.submit(f"{_BELOW}/identities", name="ada@person.example")
    mail_from = {"mail_from": f"bounces.{SENDER}", "behavior": "USE_DEFAULT_VALUE"}
    site.submit(f"{_BELOW}/identities/{SENDER}/mail-from", **mail_from)
    site.submit(f"{_BELOW}/tracking/domains", primary=SENDER, prefix="track")
    site.submit(f"{_BELOW}/tracking/domains", primary=SENDER, prefix="later")
    town.verify_trace(f"track.{SENDER}")
    own = {"kind": "own", "host": f"track.{SENDER}", "clicks": "on"}
    site.submit(
        f"{_BELOW}/tracking/statistics/edit",
        enabled="on",
        dimension="ACCOUNT_AND_DOMAIN",
        host=f"track.{SENDER}",
        clicks="on",
        opens="on",
    )
    site.submit(f"{_BELOW}/tracking/statistics/domains/{SENDER}", **own)


def _sets(town: Town) -> None:
    """Two sets, one with destinations of several kinds, and topics."""
    client = town.node.client("sesv2")
    town.subscribe("mail", town.hook)
    town.site.submit(f"{_BELOW}/topics", name="bare", version="2")
    client.create_configuration_set(ConfigurationSetName="bare")
    client.create_configuration_set(ConfigurationSetName="newsletter")
    kinds: dict[str, dict[str, Any]] = {
        "application": {"SnsDestination": {"TopicArn": TOPIC}},
        "metrics": {"CloudWatchDestination": {"DimensionConfigurations": [_DIMENSION]}},
        "counts": {
            "PinpointDestination": {
                "ApplicationArn": f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{_APPLICATION}"
            }
        },
        "archive": {
            "Enabled": False,
            "KinesisFirehoseDestination": {
                "DeliveryStreamArn": f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/mail",
                "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/mail",
            },
        },
    }
    for name, target in kinds.items():
        client.create_configuration_set_event_destination(
            ConfigurationSetName="newsletter",
            EventDestinationName=name,
            EventDestination={"Enabled": True, "MatchingEventTypes": _ALL_TYPES} | target,
        )


def _standard_webhook(town: Town) -> str:
    """A webhook whose secret can be another."""
    bare = f"{_BELOW}/topics/bare"
    town.site.submit(f"{bare}/subscriptions", url=town.hook.url, style="standard")
    return town.site.find(bare, r'href="/console(/\w+/topics/bare/subscriptions/\w+/secret)"')


def _addresses(site: Site) -> None:
    """Two addresses in a pool, one of them warming up, and a pool without any."""
    site.submit(f"{_BELOW}/ips/pools", name="marketing", tags="team=growth")
    site.submit(f"{_BELOW}/ips/pools", name="bare", tags="")
    for number in (10, 11):
        helo, address = f"out{number}.mail.example.net", f"192.0.2.{number}"
        node = {"node": "another", "pool": "marketing", "owner": ACCOUNT}
        site.submit("/addresses", address=address, helo=helo, **node)
    site.submit(f"{_BELOW}/ips/192.0.2.10/warm-up", percentage="40")
    site.submit(f"{_BELOW}/ips/192.0.2.11/warm-up", percentage="100")


def _contacts(site: Site) -> None:
    """A list with a topic and contacts; addresses that are suppressed."""
    topic = {"topic-0-name": "news", "topic-0-display": "Our news"}
    site.submit(f"{_BELOW}/contacts", name="letters", **topic)
    for address in ("a/b@example.com", "reader@example.org"):
        site.submit(f"{_BELOW}/contacts/lists/letters/new", address=address)
    site.submit(f"{_BELOW}/suppression", **{"new": "left@example.org", "new-reason": "COMPLAINT"})


def _mail(town: Town) -> dict[str, str]:
    """Mail that arrived, bounced, waits and is set aside."""
    tags = {"EmailTags": [{"Name": "campaign", "Value": "autumn"}]}
    sent = {
        "delivered": town.send(_READER, ConfigurationSetName="newsletter", **tags),
        "bounced": town.send(f"gone@{RECEIVER}", f"bob@{RECEIVER}", subject="News of November"),
        "waiting": town.send(f"busy@{RECEIVER}", subject="A very" + " long" * 30 + " subject"),
        "held": town.send("busy@held.example", subject="Held"),
        "hasty": town.send("hasty@hasty.example", subject="Too much"),
    }
    for message_id in sent.values():
        town.tried(message_id)
    town.site.submit(f"{_BELOW}/messages/{sent['held']}", what="hold")
    until(
        lambda: "/shaping/hasty.example/reset" in town.site.read("/shaping"),
        ARRIVAL_SECONDS,
        "a complaint to be kept",
    )
    return sent


def _events(town: Town) -> dict[str, str]:
    """A test event that arrived, and one that the webhook refused."""
    site, test = town.site, f"{_BELOW}/sets/newsletter/destinations/application/test"
    trial = site.submit(test, type="BOUNCE")
    until(lambda: "The destination has it" in site.read(trial), ARRIVAL_SECONDS, "a test event")
    with refusing(town.hook, 400):
        refused = site.submit(test, type="OPEN")
        until(lambda: "To the dead letter" in site.read(refused), ARRIVAL_SECONDS, "a dead letter")
    dead = site.find(refused, r'href="/console(/\w+/events/dead/\w+/\w+)"')
    destination = dead.rpartition("/")[2]
    return {
        "trial": trial,
        "dead": dead,
        "dead_of": f"{_BELOW}/events/destinations/{destination}",
        "dead_destination": destination,
        "subscription": f"{_BELOW}/topics/mail/subscriptions/{destination}",
    }


def _templates(site: Site) -> None:
    """A template, and a mail that asks for verification."""
    html = "<p>Hello {{name}}</p>"
    site.submit(f"{_BELOW}/templates", name="welcome", subject="Welcome", html=html, text="Hello")
    urls = {"success": "https://example.com/yes", "failure": "https://example.com/no"}
    mail = {"name": "prove", "sender": f"ada@{SENDER}", "subject": "Prove it", "content": "<p>Hi"}
    site.submit(f"{_BELOW}/templates/verification", **mail, **urls)


def _segment(site: Site) -> dict[str, str]:
    """A segment of those whose events the Pinpoint destination has counted."""
    known = f"{_BELOW}/segments"
    everybody = f"{known}/everybody/{_APPLICATION}"
    until(lambda: _READER in site.read(everybody), ARRIVAL_SECONDS, "a counted recipient")
    made = site.submit(known, application=_APPLICATION, name="readers", rule="not opened")
    return {"segment": made, "everybody": everybody}


def _report(town: Town) -> str:
    """A complaint that proves nothing."""
    with smtplib.SMTP("127.0.0.1", town.node.inbound_port, timeout=ARRIVAL_SECONDS) as session:
        session.sendmail("fbl@isp.example", ["feedback@bounce.pillarbox.test"], arf())
    found: list[str] = []

    def there() -> bool:
        found[:] = re.findall(r'href="/console/reports/([\w-]+)"', town.site.read("/reports"))
        return bool(found)

    until(there, ARRIVAL_SECONDS, "a kept report")
    return found[0]
