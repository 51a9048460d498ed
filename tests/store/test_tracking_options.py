"""The tracking options of SES v1: what is refused in which order, what is kept, on both engines."""

import pytest

from pillarbox.base.errors import AlreadyExists, ApiError, BadRequest, NotFound
from pillarbox.manage.sets.configuration_sets import Tracking
from pillarbox.manage.sets.tracking_options import (
    create_tracking_options,
    delete_tracking_options,
    update_tracking_options,
)
from pillarbox.store.sets.configuration_sets import find_configuration_set
from tests.store.rows import ACCOUNT, add_account, add_configuration_set, add_identity

NOT_THERE = ("ConfigurationSetDoesNotExist", "Configuration set <none> does not exist.")
NULL_TEXT = (
    "1 validation error detected: Value at 'trackingOptions' failed to satisfy constraint: "
    "Member must not be null"
)
NULL = ("ValidationError", NULL_TEXT)
EMPTY = ("InvalidTrackingOptions", "At least one field of TrackingOptions must contain a value.")


def unverified(domain):
    return "InvalidTrackingOptions", f"Domain <{domain}> is not verified under this account."


def to(domain):
    return Tracking(custom_redirect_domain=domain)


@pytest.fixture
def sets(store):
    """`bare` without options, `full` with those of v2; example.com is verified."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        add_identity(conn, "new.example", status="PENDING")
        add_configuration_set(conn, "bare")
        add_configuration_set(
            conn, "full", custom_redirect_domain="old.example.com", https_policy="REQUIRE"
        )
    return store


def options(store, name):
    with store.transaction() as conn:
        row = find_configuration_set(conn, ACCOUNT, name)
    return row.custom_redirect_domain, row.https_policy


def refused(store, function, *arguments, **given):
    """The class, code and text of the error."""
    with store.transaction() as conn, pytest.raises(ApiError) as caught:
        function(conn, ACCOUNT, *arguments, **given)
    return type(caught.value), (caught.value.query_code, caught.value.message)


@pytest.mark.parametrize("function", [create_tracking_options, update_tracking_options])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, NULL),
        (Tracking(), EMPTY),
        (to(" "), EMPTY),
        (to("t.other.example"), unverified("t.other.example")),
        (to("t.new.example"), unverified("t.new.example")),
        (to("no domain"), unverified("no domain")),
        (to("com"), unverified("com")),
    ],
)
def test_options_and_domain_are_checked_before_the_set(sets, function, given, expected):
    wrong = refused(sets, function, "none", given, everything_verified=False)
    assert wrong == (BadRequest, expected)
    assert refused(sets, function, "full", given, everything_verified=False)[1] == expected


@pytest.mark.parametrize("function", [create_tracking_options, update_tracking_options])
def test_the_set_is_looked_for_next(sets, function):
    wrong = refused(sets, function, "none", to("t.example.com"), everything_verified=False)
    assert wrong == (NotFound, NOT_THERE)


def test_a_set_has_options_once(sets):
    wrong = refused(
        sets, create_tracking_options, "full", to("t.example.com"), everything_verified=False
    )
    text = "Configuration set <full> already has tracking options."
    assert wrong == (AlreadyExists, ("TrackingOptionsAlreadyExistsException", text))


def test_what_is_not_there_can_t_be_changed_or_deleted(sets):
    text = "There are no tracking options for configuration set <bare>"
    absent = (NotFound, ("TrackingOptionsDoesNotExistException", text))
    update = refused(
        sets, update_tracking_options, "bare", to("t.example.com"), everything_verified=False
    )
    assert update == absent
    assert refused(sets, delete_tracking_options, "bare") == absent
    assert refused(sets, delete_tracking_options, "none") == (NotFound, NOT_THERE)


def test_options_come_change_and_go(sets):
    with sets.transaction() as conn:
        create_tracking_options(
            conn, ACCOUNT, "bare", to("T.Example.com"), everything_verified=False
        )
    assert options(sets, "bare") == ("t.example.com", None)
    with sets.transaction() as conn:
        update_tracking_options(conn, ACCOUNT, "full", to("example.com"), everything_verified=False)
    assert options(sets, "full") == ("example.com", "REQUIRE")
    with sets.transaction() as conn:
        delete_tracking_options(conn, ACCOUNT, "full")
        delete_tracking_options(conn, ACCOUNT, "bare")
    assert options(sets, "full") == options(sets, "bare") == (None, None)


def test_in_capture_mode_any_domain_identity_will_do(sets):
    with sets.transaction() as conn:
        create_tracking_options(
            conn, ACCOUNT, "bare", to("t.new.example"), everything_verified=True
        )
    assert options(sets, "bare") == ("t.new.example", None)
