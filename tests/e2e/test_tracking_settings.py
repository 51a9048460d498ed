"""Tracking settings on a running node: DNS verifies a domain, and mail says why it is tracked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.cdn import fronting
from tests.peers.certificate import write_certificate
from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import SERVICE_DOMAIN, Pillarbox
from tests.peers.wait import ARRIVAL_SECONDS, free_port, until

TRACKING = "/_pillarbox/tracking"
SECURE = "secure.example.com"


@dataclass(frozen=True)
class World:
    """A node whose world is a DNS zone; `certificate`: of the one host that has HTTPS."""

    node: Pillarbox
    certificate: Path
    https_port: int


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A node in direct mode, with example.com verified."""
    folder = tmp_path_factory.mktemp("node")
    certificate = folder / "secure.pem"
    write_certificate(certificate, SECURE)
    https_port = free_port()
    settings = {
        "network": {"http_port": free_port(), "https_port": https_port},
        "track": {"url": "https://email.pillarbox.test"},
        "tls": {"ca_file": str(certificate)},
    }
    with DnsZone() as zone:
        opened = Pillarbox(folder, zone, free_port(), settings=settings)
        opened.start()
        try:
            opened.add_verified_domain("example.com")
            yield World(opened, certificate, https_port)
        finally:
            opened.stop()


@pytest.fixture
def node(world: World) -> Pillarbox:
    """The node alone."""
    return world.node


def explain(node: Pillarbox, configuration_set: str | None = None) -> dict[str, object]:
    """Send a message, and give why it is tracked."""
    body: dict[str, object] = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@receiver.test"]},
        "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Html": {"Data": "<p>x"}}}},
    }
    if configuration_set:
        body["ConfigurationSetName"] = configuration_set
    sent = node.call("POST", "/v2/email/outbound-emails", body)["MessageId"]
    found: dict[str, object] = node.call("GET", f"{TRACKING}/messages/{sent}")
    return found


def test_a_trace_domain_is_verified_by_its_cname_and_chosen(node: Pillarbox) -> None:
    made = node.call(
        "POST", f"{TRACKING}/domains", {"primary_domain": "example.com", "prefix": "track"}
    )
    assert made["cname"] == f"email.{SERVICE_DOMAIN}"
    looked = node.call("POST", f"{TRACKING}/domains/track.example.com/verify")
    assert (looked["status"], looked["reason"]) == (
        "PENDING",
        (f"it has no CNAME to email.{SERVICE_DOMAIN}, and over http it has no address in DNS"),
    )
    node.zone.set("track.example.com", "CNAME", made["cname"])
    looked = node.call("POST", f"{TRACKING}/domains/track.example.com/verify")
    assert (looked["status"], looked["https_status"]) == ("SUCCESS", "PENDING")
    node.call(
        "PUT",
        f"{TRACKING}/settings",
        {"dimension": "ACCOUNT", "tracking_domain": "track.example.com", "opens": True},
    )
    found = explain(node)
    assert (found["pixel"], found["clicks"]) == ("http://track.example.com", False)
    node.call("DELETE", f"{TRACKING}/settings")
    assert explain(node)["pixel"] is None


def test_a_custom_domain_is_verified_in_the_background(node: Pillarbox) -> None:
    node.zone.set("custom.example.com", "CNAME", f"email.{SERVICE_DOMAIN}")
    options = {"CustomRedirectDomain": "custom.example.com", "HttpsPolicy": "REQUIRE"}
    node.call(
        "POST",
        "/v2/email/configuration-sets",
        {"ConfigurationSetName": "spring", "TrackingOptions": options},
    )

    def verified() -> bool:
        found = node.call("GET", f"{TRACKING}/domains")["domains"]
        states = {one["domain"]: (one["kind"], one["status"]) for one in found}
        return states.get("custom.example.com") == ("custom", "SUCCESS")

    until(verified, ARRIVAL_SECONDS, "custom.example.com to be verified")
    node.call("PUT", f"{TRACKING}/settings", {"dimension": "ACCOUNT", "opens": True})
    found = explain(node, "spring")
    assert found["pixel"] == "https://email.pillarbox.test"


def test_a_host_behind_a_cdn_is_verified_by_its_signed_path_with_https(world: World) -> None:
    node = world.node
    node.zone.set(SECURE, "A", "127.0.0.1")
    trace = {"primary_domain": "example.com", "prefix": "secure"}
    node.call("POST", f"{TRACKING}/domains", trace)
    with fronting(node.ports["TRACK"], world.certificate, port=world.https_port):
        looked = node.call("POST", f"{TRACKING}/domains/{SECURE}/verify")
    assert (looked["reason"], looked["https_reason"]) == (None, None)
    assert (looked["status"], looked["https_status"]) == ("SUCCESS", "SUCCESS")
    settings = {"dimension": "ACCOUNT", "tracking_domain": SECURE, "opens": True}
    node.call("PUT", f"{TRACKING}/settings", settings)
    assert explain(node)["pixel"] == f"https://{SECURE}"
    looked = node.call("POST", f"{TRACKING}/domains/{SECURE}/verify")
    assert (looked["status"], looked["https_status"]) == (
        "TEMPORARY_FAILURE",
        "TEMPORARY_FAILURE",
    )
    assert explain(node)["pixel"] == "https://email.pillarbox.test"
