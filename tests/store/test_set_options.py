"""The options of configuration sets, on both engines."""

import asyncio

import pytest

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.sets import options
from pillarbox.manage.sets.configuration_sets import Tracking, get_configuration_set
from pillarbox.store.store import Store
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set, add_identity

CLICK = Tracking(custom_redirect_domain="click.example.com")


@pytest.fixture
def spring(store):
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        add_configuration_set(conn)


def shown(conn):
    return get_configuration_set(conn, ACCOUNT, "spring")


def put_delivery(conn, name="spring", **given):
    empty = {"tls_policy": None, "sending_pool": None, "max_delivery_seconds": None}
    options.put_delivery(conn, ACCOUNT, name, **empty | given)


def put_tracking(conn, given=CLICK, name="spring", **more):
    options.put_tracking(conn, ACCOUNT, name, given, everything_verified=False, **more)


def switch(conn, enabled, now=NOW):
    options.put_sending(conn, ACCOUNT, "spring", enabled=enabled, now=now)


def test_only_resuming_a_paused_set_is_a_fresh_start(store, spring):
    with store.transaction() as conn:
        switch(conn, True, NOW + 1)
        assert (shown(conn).sending_enabled, shown(conn).last_fresh_start) == (True, None)
        switch(conn, False, NOW + 2)
        assert (shown(conn).sending_enabled, shown(conn).last_fresh_start) == (False, None)
        switch(conn, True, NOW + 3)
        assert (shown(conn).sending_enabled, shown(conn).last_fresh_start) == (True, NOW + 3)
        switch(conn, True, NOW + 4)
        assert shown(conn).last_fresh_start == NOW + 3


def test_delivery_options_are_replaced_as_a_whole(store, spring):
    with store.transaction() as conn:
        put_delivery(
            conn, tls_policy="REQUIRE", sending_pool="ses-shared-pool", max_delivery_seconds=300
        )
        put_delivery(conn, tls_policy="OPTIONAL", keep_lifetime=True)
        kept = shown(conn)
        assert (kept.tls_policy, kept.sending_pool, kept.max_delivery_seconds) == (
            "OPTIONAL",
            None,
            300,
        )
        put_delivery(conn)
        assert (shown(conn).tls_policy, shown(conn).max_delivery_seconds) == (None, None)


def test_a_pool_must_be_there_and_the_set_is_looked_for_first(store, spring):
    with store.transaction() as conn:
        with pytest.raises(BadRequest) as caught:
            put_delivery(conn, sending_pool="none")
        assert caught.value.message == "SendingPool <none> doesn't exist"
        with pytest.raises(NotFound):
            put_delivery(conn, name="none", sending_pool="none")


def test_suppression_is_the_sets_own_or_the_accounts(store, spring):
    with store.transaction() as conn:
        for given, kept in [
            (["COMPLAINT", "BOUNCE", "COMPLAINT"], ("BOUNCE", "COMPLAINT")),
            ([], ()),
            (None, None),
        ]:
            options.put_suppression(conn, ACCOUNT, "spring", reasons=given)
            assert shown(conn).suppressed_reasons == kept


def test_reputation_metrics_are_switched(store, spring):
    with store.transaction() as conn:
        for metrics in (False, True):
            options.put_reputation(conn, ACCOUNT, "spring", metrics=metrics)
            assert shown(conn).reputation_metrics is metrics


def test_no_option_is_put_to_a_set_that_is_not_there(store, spring):
    with store.transaction() as conn:
        for call in [
            lambda: options.put_sending(conn, ACCOUNT, "none", enabled=True, now=NOW),
            lambda: options.put_reputation(conn, ACCOUNT, "none", metrics=True),
            lambda: options.put_suppression(conn, ACCOUNT, "none", reasons=[]),
            lambda: put_tracking(conn, Tracking(https_policy="REQUIRE"), name="none"),
        ]:
            with pytest.raises(NotFound) as caught:
                call()
            assert caught.value.message == "Configuration set <none> does not exist."


WRONG_TRACKING = [
    (Tracking(custom_redirect_domain=" "), "CustomRedirectDomain must be specified."),
    (Tracking(https_policy="REQUIRE"), "CustomRedirectDomain must be specified."),
    (Tracking(https_policy="MAYBE"), "CustomRedirectDomain must be specified."),
    (
        Tracking(custom_redirect_domain="x.example", https_policy="MAYBE"),
        "Domain <x.example> is not verified under this account.",
    ),
    (
        Tracking(custom_redirect_domain="example.com", https_policy="MAYBE"),
        (
            "1 validation error detected: Value at 'httpsPolicy' failed to satisfy constraint: "
            "Member must satisfy enum value set: [OPTIONAL, REQUIRE, REQUIRE_OPEN_ONLY]"
        ),
    ),
]


@pytest.mark.parametrize(("given", "text"), WRONG_TRACKING)
def test_tracking_is_checked_in_the_real_order_and_stays_as_it_was(store, spring, given, text):
    with store.transaction() as conn:
        put_tracking(conn)
        with pytest.raises(BadRequest) as caught:
            put_tracking(conn, given)
        assert caught.value.message == text
        assert shown(conn).tracking == CLICK


def test_tracking_is_replaced_kept_and_cleared(store, spring):
    with store.transaction() as conn:
        put_tracking(conn, Tracking(custom_redirect_domain="A.example.com", https_policy="REQUIRE"))
        put_tracking(conn, CLICK, keep_policy=True)
        assert shown(conn).tracking == Tracking(
            custom_redirect_domain="click.example.com", https_policy="REQUIRE"
        )
        put_tracking(conn, CLICK)
        assert shown(conn).tracking == CLICK
        put_tracking(conn, Tracking(https_policy=None), keep_policy=True)
        assert shown(conn).tracking is None


async def test_different_options_put_at_once_are_all_there(store, migrated_url, spring):
    other = Store(migrated_url)
    other.start()
    changes = [
        lambda conn: put_delivery(conn, tls_policy="REQUIRE"),
        put_tracking,
        lambda conn: options.put_reputation(conn, ACCOUNT, "spring", metrics=False),
        lambda conn: options.put_suppression(conn, ACCOUNT, "spring", reasons=["BOUNCE"]),
        lambda conn: switch(conn, False),
    ]
    try:
        await asyncio.gather(
            *((store, other)[at % 2].write(change) for at, change in enumerate(changes))
        )
    finally:
        other.close()
    with store.transaction() as conn:
        whole = shown(conn)
    assert (whole.tls_policy, whole.tracking, whole.reputation_metrics) == ("REQUIRE", CLICK, False)
    assert (whole.suppressed_reasons, whole.sending_enabled) == (("BOUNCE",), False)
