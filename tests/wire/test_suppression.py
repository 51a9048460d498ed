"""The suppression list through botocore; and mail to who is on it."""

import datetime as dt

import pytest
from sqlalchemy import insert, select

from pillarbox.base.ids import row_id_of
from pillarbox.model.queued import QUEUED, SUPPRESSED
from pillarbox.store.lists.suppression import SuppressedRow, put_suppressed
from pillarbox.store.tables import identities, recipients
from tests.wire.calls import refused, with_body, without_metadata
from tests.wire.rows import verified_domain
from tests.wire.test_refused_sends import GOOD

B, N = ("BadRequestException", 400), ("NotFoundException", 404)


def put(client, address, reason="BOUNCE"):
    client.put_suppressed_destination(EmailAddress=address, Reason=reason)


def get(client, address):
    answer = client.get_suppressed_destination(EmailAddress=address)
    return without_metadata(answer)["SuppressedDestination"]


def listed(client, **arguments):
    answer = client.list_suppressed_destinations(**arguments)
    return [one["EmailAddress"] for one in answer["SuppressedDestinationSummaries"]]


def test_an_entry_lives_from_put_to_delete(v2):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    put(v2, " Foo@Example.ORG ")
    put(v2, "Foo@example.org", "COMPLAINT")
    entry = get(v2, "Foo@EXAMPLE.org")
    assert entry.pop("LastUpdateTime") > before
    assert entry == {"EmailAddress": "Foo@example.org", "Reason": "COMPLAINT"}
    v2.delete_suppressed_destination(EmailAddress="Foo@example.org")
    text = "Email address Foo@example.org does not exist on your suppression list."
    for call in (v2.get_suppressed_destination, v2.delete_suppressed_destination):
        assert refused(call, EmailAddress="Foo@example.ORG") == (*N, text)


def test_entries_keep_the_case_of_their_local_part(v2):
    put(v2, "Foo@example.org")
    put(v2, "foo@example.org", "COMPLAINT")
    assert get(v2, "Foo@example.org")["Reason"] == "BOUNCE"
    assert get(v2, "foo@example.org")["Reason"] == "COMPLAINT"


@pytest.mark.parametrize("address", ["a/b@example.org", "a+b@example.org", "a?b=c@example.org"])
def test_any_address_goes_into_a_path(v2, address):
    put(v2, address)
    assert get(v2, address)["EmailAddress"] == address
    v2.delete_suppressed_destination(EmailAddress=address)
    assert listed(v2) == []


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.org", "A <a@b.org>", "<a@b.org>", "a b@c.d"]
)
def test_what_is_no_bare_address_is_refused(v2, address):
    call = v2.put_suppressed_destination
    answer = refused(call, EmailAddress=address, Reason="BOUNCE")
    assert answer == (*B, f"Invalid email address<{address}>.")
    assert listed(v2) == []


ONE_ERROR = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"Reason": "BOUNCE"}, ONE_ERROR.format("emailAddress", "Member must not be null")),
        ({"EmailAddress": "a@b.org"}, ONE_ERROR.format("reason", "Member must not be null")),
        (
            {"EmailAddress": "a@b.org", "Reason": "WHIM"},
            ONE_ERROR.format("reason", "Member must satisfy enum value set: [BOUNCE, COMPLAINT]"),
        ),
        (
            {"EmailAddress": "a@b.org", "Reason": "BOUNCE", "TenantName": "t"},
            "Tenants are not supported: TenantName can't be given.",
        ),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(v2, body, text):
    with with_body(v2, body):
        answer = refused(v2.put_suppressed_destination, EmailAddress="a@b.org", Reason="BOUNCE")
    assert answer == (*B, text)
    assert listed(v2) == []


@pytest.mark.parametrize("name", ["get", "delete", "list"])
def test_no_tenant_has_a_list(v2, name):
    call = getattr(v2, f"{name}_suppressed_destination{'s' if name == 'list' else ''}")
    address = {} if name == "list" else {"EmailAddress": "a@b.org"}
    answer = refused(call, **address, TenantName="t")
    assert answer == (*B, "Tenants are not supported: TenantName can't be given.")


@pytest.fixture
def four(server, account):
    """Four entries, a day apart, the second and fourth for complaints."""
    with server.store.transaction() as conn:
        for number in range(4):
            row = SuppressedRow(
                account_id=account,
                address=f"a{number}@example.org",
                reason="COMPLAINT" if number % 2 else "BOUNCE",
                updated_at=1_767_225_600_000 + number * 86_400_000,  # from 2026-01-01 on
                message_id="m" if number == 3 else None,
                feedback_id="f" if number == 3 else None,
            )
            put_suppressed(conn, row)


def test_pages_are_sorted_and_whole(v2, four):
    first = v2.list_suppressed_destinations(PageSize=3)
    rest = v2.list_suppressed_destinations(PageSize=3, NextToken=first["NextToken"])
    both = first["SuppressedDestinationSummaries"] + rest["SuppressedDestinationSummaries"]
    assert [one["EmailAddress"] for one in both] == [f"a{n}@example.org" for n in range(4)]
    assert both[0] == {
        "EmailAddress": "a0@example.org",
        "Reason": "BOUNCE",
        "LastUpdateTime": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    }
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ({}, "0123"),
        ({"Reasons": ["COMPLAINT"]}, "13"),
        ({"Reasons": ["COMPLAINT", "BOUNCE"]}, "0123"),
        ({"StartDate": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)}, "123"),
        ({"EndDate": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)}, "01"),
        (
            {
                "StartDate": dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),
                "EndDate": dt.datetime(2026, 1, 3, 12, tzinfo=dt.UTC),
                "Reasons": ["BOUNCE"],
            },
            "2",
        ),
    ],
)
def test_the_list_is_filtered(v2, four, arguments, numbers):
    assert listed(v2, **arguments) == [f"a{n}@example.org" for n in numbers]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ({"PageSize": 0}, (*B, "The page size must be between 1 and 1000")),
        ({"PageSize": 1001}, (*B, "The page size must be between 1 and 1000")),
        (
            {"NextToken": "forged"},
            ("InvalidNextTokenException", 400, "The specified NextToken isn't valid."),
        ),
        (
            {"Reasons": ["WHIM"]},
            (
                *B,
                ONE_ERROR.format(
                    "reason.1.member", "Member must satisfy enum value set: [BOUNCE, COMPLAINT]"
                ),
            ),
        ),
    ],
)
def test_wrong_pages_are_refused(v2, four, arguments, answer):
    assert refused(v2.list_suppressed_destinations, **arguments) == answer


def test_an_entry_that_mail_made_says_by_what(v2, four):
    assert get(v2, "a3@example.org")["Attributes"] == {"MessageId": "m", "FeedbackId": "f"}
    assert "Attributes" not in get(v2, "a2@example.org")


def test_mail_before_and_after_an_address_is_on_the_list(accepting_server):
    account = accepting_server.new_account()
    with accepting_server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account)))
    client = accepting_server.client("sesv2", account)

    def state():
        sent = client.send_email(**GOOD)["MessageId"]
        with accepting_server.store.transaction() as conn:
            query = select(recipients.c.state).where(recipients.c.message_id == row_id_of(sent))
            return conn.execute(query).scalar_one()

    assert state() == QUEUED
    put(client, "To@example.net")
    assert state() == SUPPRESSED
    client.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    assert state() == QUEUED
    client.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert state() == SUPPRESSED
    client.delete_suppressed_destination(EmailAddress="To@example.net")
    assert state() == QUEUED
