"""Accepting freezes what is tracked, on both engines: from rows to `messages.tracking`."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import event, update

from pillarbox.accept.tracking_host import OwnHost
from pillarbox.model.tracking import TrackingPlan
from pillarbox.model.tracking_setup import TrackingOverride
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.tables import identities, tracking_hosts, tracking_settings
from tests.store.accepting import POLICY, World, mail
from tests.store.rows import NOW, add_account, add_configuration_set, add_identity
from tests.store.tracking_rows import add_destination, add_host, add_setting

OWN = "https://email.mail.test"


@pytest.fixture
def world(store):
    """A verified example.com, and the set `spring` with a custom domain and no destination."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        add_configuration_set(conn, custom_redirect_domain="t.example.com", https_policy="REQUIRE")
    return World(store, replace(POLICY, tracking=OwnHost(OWN)))


def plan_of(world, **parts) -> TrackingPlan | None:
    text = world.message(mail(**parts)).tracking
    return None if text is None else msgspec.json.decode(text, type=TrackingPlan)


def test_mail_that_nobody_wants_tracked_has_no_plan(world):
    assert plan_of(world) is None
    assert plan_of(world, configuration_set="spring") is None


def test_an_enabled_destination_tracks_its_kind_of_event(world):
    world.add(add_destination, "SEND", "OPEN", enabled=False)
    assert plan_of(world, configuration_set="spring") is None
    world.add(add_destination, "BOUNCE", "CLICK", name="clicks")
    found = plan_of(world, configuration_set="spring")
    assert (found.pixel, found.http_links, found.https_links) == (None, OWN, OWN)
    assert any("t.example.com" in one and "not been checked" in one for one in found.reasons)


def test_a_host_that_is_verified_meanwhile_takes_the_next_message(world):
    world.add(add_destination, "OPEN")
    world.add(add_host)
    assert plan_of(world, configuration_set="spring").pixel == OWN
    world.change(tracking_hosts, status="SUCCESS", https_status="SUCCESS")
    assert plan_of(world, configuration_set="spring").pixel == "https://t.example.com"
    world.change(tracking_hosts, https_status="TEMPORARY_FAILURE", https_reason="refused")
    found = plan_of(world, configuration_set="spring")
    assert found.pixel == OWN
    assert any("no working HTTPS: refused" in one for one in found.reasons)


def test_a_host_of_another_account_is_not_used(world):
    world.add(add_destination, "OPEN")
    world.add(add_host, status="SUCCESS", https_status="SUCCESS", account_id="000000000000")
    found = plan_of(world, configuration_set="spring")
    assert found.pixel == OWN
    assert any("another account" in one for one in found.reasons)


def test_settings_hold_for_the_next_message_and_not_for_accepted_ones(world):
    before = mail()
    assert world.message(before).tracking is None
    world.add(add_setting, anonymous=True)
    found = plan_of(world)
    assert (found.pixel, found.https_links, found.anonymous) == (OWN, None, True)
    world.change(tracking_settings, enabled=False)
    assert plan_of(world) is None
    with world.store.transaction() as conn:
        assert read_messages(conn, [before.id])[before.id].tracking is None


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [("ACCOUNT", OWN), ("ACCOUNT_AND_DOMAIN", OWN), ("DOMAIN", None)],
)
def test_a_sender_domain_added_later_is_as_the_dimension_says(world, dimension, expected):
    world.add(add_setting, dimension=dimension)
    world.add(add_setting, "example.com", opens=False, clicks=True)
    world.add(add_identity, "new.example.com")
    found = plan_of(world, sender="a@new.example.com")
    assert (found.pixel if found else None) == expected
    old = plan_of(world, sender="a@example.com")
    assert bool(old.pixel) is (dimension == "ACCOUNT")
    assert bool(old.https_links) is (dimension != "ACCOUNT")


def test_mail_below_a_verified_domain_has_that_domains_setting(world):
    world.add(add_setting, dimension="DOMAIN")
    world.add(add_setting, "example.com")
    assert plan_of(world, sender="a@deep.down.example.com").pixel == OWN


def test_the_message_s_own_word_wins(world):
    world.add(add_destination, "OPEN", "CLICK")
    found = plan_of(
        world, configuration_set="spring", tracking=TrackingOverride(opens=False, clicks=False)
    )
    assert not found.anything
    assert found.reasons[0] == "Opens are not tracked: the message itself switches them off."
    assert plan_of(world, tracking=TrackingOverride(opens=True)).pixel == OWN


def test_a_default_set_of_the_identity_tracks_too(world):
    world.add(add_destination, "OPEN")
    world.change(identities, configuration_set="spring")
    assert plan_of(world).pixel == OWN


def test_accepting_asks_the_store_no_more_once_it_knows(world):
    """As many statements for a message with tracking as for one before it was set up."""
    asked = []

    def count(_conn, _cursor, statement, *_):
        asked.append(statement)

    event.listen(world.store.engine, "before_cursor_execute", count)
    try:
        world.accept(mail(configuration_set="spring"))
        asked.clear()
        world.accept(mail(configuration_set="spring"))
        usual = len(asked)
        world.add(add_destination, "OPEN")
        world.add(add_host, status="SUCCESS")
        world.add(add_setting, dimension="ACCOUNT_AND_DOMAIN", host="t.example.com")
        world.accept(mail(configuration_set="spring"))
        asked.clear()
        world.accept(mail(configuration_set="spring"))
    finally:
        event.remove(world.store.engine, "before_cursor_execute", count)
    assert len(asked) == usual


def test_a_generation_that_did_not_grow_changes_nothing(world):
    """The cache is what saves the queries: without the generation it would not see the change."""
    assert plan_of(world) is None
    with world.store.transaction() as conn:
        add_setting(conn)
    assert plan_of(world) is None
    with world.store.transaction() as conn:
        conn.execute(update(tracking_settings).values(updated_at=NOW + 1))
    world.add(lambda _conn: None)
    assert plan_of(world).pixel == OWN
