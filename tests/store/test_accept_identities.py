"""Who may send as whom, and what shapes the message: identities, sets, DKIM, MAIL FROM, sandbox."""

from dataclasses import replace

import pytest

from pillarbox.accept.commit import Acceptance
from pillarbox.base.errors import MailFromNotVerified, MessageRejected, SendingPaused
from pillarbox.model.send import RawContent
from pillarbox.store.tables import accounts, dkim_tokens, identities
from tests.store.accepting import POLICY, World, mail
from tests.store.rows import (
    NOW,
    add_account,
    add_configuration_set,
    add_identity,
    add_token,
)


@pytest.mark.parametrize(
    ("sender", "names", "taken"),
    [
        ("a@example.com", ["example.com"], True),
        ("a@EXAMPLE.com", ["example.com"], True),
        ("a@b.c.example.com", ["example.com"], True),
        ("a@b.c.example.com", ["c.example.com"], True),
        ("a@c.example.com", ["b.c.example.com"], False),
        ("a@notexample.com", ["example.com"], False),
        ("a@example.com", ["com"], False),
        ("a@example.com", ["a@example.com"], True),
        ("Name <a@example.com>", ["a@example.com"], True),
        ("a+news@example.com", ["a@example.com"], True),
        ("a@example.com", ["a+news@example.com"], False),
        ("A@example.com", ["a@example.com"], False),
        ("b@example.com", ["a@example.com"], False),
    ],
)
def test_an_identity_covers_its_address_labels_and_domains_below(store, sender, names, taken):
    with store.transaction() as conn:
        add_account(conn)
        for name in names:
            add_identity(conn, name)
    result = World(store).accept(mail(sender))[0]
    assert isinstance(result, str) is taken


NAMES = ["a+x@m.example.com", "a@m.example.com", "m.example.com", "example.com"]


@pytest.mark.parametrize("unverified", range(len(NAMES)))
def test_the_most_specific_verified_identity_gives_the_settings(store, unverified):
    """Address before +label before domain before parent; those that are not verified are passed."""
    with store.transaction() as conn:
        add_account(conn)
        for number, name in enumerate(NAMES):
            add_configuration_set(conn, f"set-{number}")
            status = "PENDING" if number < unverified else "SUCCESS"
            add_identity(conn, name, configuration_set=f"set-{number}", status=status)
    message = World(store).message(mail("a+x@m.example.com"))
    assert message.configuration_set == f"set-{unverified}"


@pytest.mark.parametrize(
    ("sending_enabled", "named", "expected"),
    [(True, None, "default"), (False, None, SendingPaused), (False, "spring", "spring")],
)
def test_a_named_set_goes_before_the_identitys_default(world, sending_enabled, named, expected):
    world.add(add_configuration_set, "default", sending_enabled=sending_enabled)
    world.add(add_configuration_set, "spring", tls_policy="REQUIRE", max_delivery_seconds=300)
    world.change(identities, configuration_set="default")
    prepared = mail(configuration_set=named)
    if expected is SendingPaused:
        assert isinstance(world.refused(prepared), SendingPaused)
        return
    message = world.message(prepared)
    strict = expected == "spring"
    assert (message.configuration_set, message.tls_required) == (expected, strict)
    assert message.deadline == NOW + (300 if strict else 50_400) * 1000


def test_a_default_set_that_is_gone_refuses(world):
    world.change(identities, configuration_set="gone")
    assert world.refused(mail()).message == "Configuration set <gone> does not exist."


@pytest.mark.parametrize(
    ("tokens", "unsigned", "sender", "signer"),
    [
        ({"example.com": "t"}, (), "a@m.example.com", "example.com"),
        ({"example.com": "t", "m.example.com": "u"}, (), "a@m.example.com", "m.example.com"),
        ({"example.com": "t"}, (), "b@example.com", "example.com"),
        ({"example.com": "t"}, ("example.com",), "a@example.com", None),
        ({"example.com": "t", "m.example.com": "u"}, ("m.example.com",), "a@m.example.com", None),
        ({}, (), "a@example.com", None),
    ],
)
def test_the_most_specific_domain_signs(store, tokens, unsigned, sender, signer):
    with store.transaction() as conn:
        add_account(conn)
        for name in ("example.com", "m.example.com", "b@example.com"):
            if name in tokens or name == "b@example.com" or name == "example.com":
                add_identity(conn, name, signing_enabled=name not in unsigned)
        for name, token in tokens.items():
            add_token(conn, name, token)
    message = World(store).message(mail(sender))
    token = tokens[signer] if signer else None
    assert (message.signing_domain, message.signing_token) == (signer, token)


@pytest.mark.parametrize("behavior", ["USE_DEFAULT_VALUE", "REJECT_MESSAGE"])
@pytest.mark.parametrize("status", [None, "PENDING", "SUCCESS", "TEMPORARY_FAILURE", "FAILED"])
def test_mail_from_is_used_when_it_stands_and_else_does_as_told(world, status, behavior):
    """Facts §7: in every state but SUCCESS, BehaviorOnMxFailure decides."""
    domain = "m.example.com" if status else None
    values = {"mail_from_domain": domain, "mail_from_status": status}
    world.change(identities, **values, mail_from_behavior=behavior)
    if status not in {None, "SUCCESS"} and behavior == "REJECT_MESSAGE":
        assert isinstance(world.refused(mail()), MailFromNotVerified)
        return
    expected = "m.example.com" if status == "SUCCESS" else "bounce.example.net"
    assert world.message(mail()).return_path_domain == expected


@pytest.mark.parametrize(
    ("mail_from", "forwarding", "sender", "feedback_to", "taken"),
    [
        ("b.example.com", True, "a@b.example.com", None, False),
        ("b.example.com", True, "A <a@B.example.com>", None, False),
        ("b.example.com", True, "a@b.example.com", "c@b.example.com", False),
        ("b.example.com", True, "a@b.example.com", "c@example.com", True),
        ("b.example.com", False, "a@b.example.com", None, True),
        ("b.example.com", True, "a@c.b.example.com", None, True),
        ("b.example.com", True, "a@example.com", None, True),
        (None, True, "a@b.example.com", None, True),
    ],
)
def test_feedback_is_never_sent_to_a_mail_from_domain(
    world, mail_from, forwarding, sender, feedback_to, taken
):
    """Facts §7: it would come back to us and reach nobody."""
    values = {"mail_from_domain": mail_from, "mail_from_status": "PENDING"}
    world.change(identities, **values, feedback_forwarding=forwarding)
    prepared = mail(sender, feedback_to=feedback_to)
    if taken:
        world.message(prepared)
        return
    error = world.refused(prepared)
    assert isinstance(error, MessageRejected)
    assert "The domain b.example.com is the MAIL FROM domain of example.com" in error.message


@pytest.mark.parametrize(
    ("dkim_status", "verified_at", "presumed", "signed"),
    [
        (None, None, False, True),
        ("PENDING", None, False, False),
        ("PENDING", None, True, True),
        ("SUCCESS", NOW, False, True),
        ("PENDING", NOW, False, True),
        ("FAILED", None, False, False),
    ],
)
def test_a_key_signs_once_it_is_known_to_be_in_dns(
    world, dkim_status, verified_at, presumed, signed
):
    """Or when nothing is looked up; a key from before DKIM had a state stands with its identity."""
    world.add(add_token, "example.com", "t")
    world.change(identities, dkim_status=dkim_status)
    world.change(dkim_tokens, verified_at=verified_at)
    world.acceptance = Acceptance(replace(POLICY, presumed=presumed), "node/0")
    message = world.message(mail())
    expected = ("example.com", "t") if signed else (None, None)
    assert (message.signing_domain, message.signing_token) == expected


@pytest.mark.parametrize("status", ["PENDING", "SUCCESS", "TEMPORARY_FAILURE", "FAILED"])
def test_in_capture_mode_a_mail_from_domain_counts_as_found(world, status):
    values = {"mail_from_domain": "m.example.com", "mail_from_status": status}
    world.change(identities, **values, mail_from_behavior="REJECT_MESSAGE")
    world.acceptance = Acceptance(replace(POLICY, presumed=True), "node/0")
    assert world.message(mail()).return_path_domain == "m.example.com"


@pytest.mark.parametrize(
    ("to", "failed"),
    [
        (["to@example.com"], None),
        (["to@sub.example.com"], None),
        (["success@simulator.amazonses.com", "bounce+label@simulator.amazonses.com"], None),
        (["to@other.example"], "to@other.example"),
        (["x@notsimulator.amazonses.com"], "x@notsimulator.amazonses.com"),
        (["to@example.com", "Name <b@other.example>"], "Name <b@other.example>"),
        (
            [f"r{n}@other.example" for n in range(11)],
            ", ".join(f"r{n}@other.example" for n in range(10)) + "...",
        ),
    ],
)
def test_a_sandbox_sends_to_verified_recipients_and_the_simulator(world, to, failed):
    world.change(accounts, production=False)
    if failed is None:
        world.message(mail("a@example.com", *to))
        return
    assert world.refused(mail("a@example.com", *to)).message == (
        "Email address is not verified. The following identities failed the check in region "
        f"US-EAST-1: {failed}"
    )


def test_all_whom_a_raw_message_names_as_author_must_be_verified(world):
    data = b"From: a@example.com\r\nSender: b@other.example\r\nTo: to@example.org\r\n\r\nx\r\n"
    error = world.refused(mail(None, content=RawContent(data)))
    assert error.message.endswith("US-EAST-1: b@other.example")
