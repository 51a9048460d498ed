"""The suppression list and what it does to mail, on both engines."""

import msgspec
import pytest
from sqlalchemy import select

from pillarbox.base.ids import row_id_of
from pillarbox.model.queued import QUEUED, SUPPRESSED
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.lists import suppression as rows
from pillarbox.store.lists.suppression import SuppressedRow
from pillarbox.store.mail.messages import BUCKET_MS
from pillarbox.store.publishing.events import message_events
from pillarbox.store.sets.sender import count_sent
from pillarbox.store.tables import accounts, outbox, recipients
from tests.store.accepting import mail
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set

B, C = "BOUNCE", "COMPLAINT"


def row(address, reason=B, at=NOW, account=ACCOUNT):
    return SuppressedRow(account_id=account, address=address, reason=reason, updated_at=at)


def suppress(world, *entries):
    with world.store.transaction() as conn:
        for address, reason in entries:
            rows.put_suppressed(conn, row(address, reason))


def states(world, message_id):
    with world.store.transaction() as conn:
        query = select(recipients.c.address, recipients.c.state).where(
            recipients.c.message_id == row_id_of(message_id)
        )
        return dict(tuple(one) for one in conn.execute(query))


def events(world, message_id):
    with world.store.transaction() as conn:
        return message_events(conn, ACCOUNT, row_id_of(message_id))


def test_an_entry_is_put_changed_found_and_deleted(store):
    with store.transaction() as conn:
        rows.put_suppressed(conn, row("A@example.org"))
        changed = SuppressedRow(
            account_id=ACCOUNT,
            address="A@example.org",
            reason=C,
            updated_at=NOW + 1,
            message_id="m",
            feedback_id="f",
        )
        rows.put_suppressed(conn, changed)
        assert rows.find_suppressed(conn, ACCOUNT, "A@example.org") == changed
        assert rows.find_suppressed(conn, ACCOUNT, "a@example.org") is None
        assert rows.delete_suppressed(conn, ACCOUNT, "A@example.org")
        assert not rows.delete_suppressed(conn, ACCOUNT, "A@example.org")


def test_entries_are_listed_by_address_and_filtered(store):
    with store.transaction() as conn:
        for number, reason in enumerate((B, C, B, C)):
            rows.put_suppressed(conn, row(f"a{number}@x.org", reason, NOW + number))
        rows.put_suppressed(conn, row("a@other.org", account="other"))

        def listed(**filters):
            found = rows.list_suppressed(conn, ACCOUNT, **{"after": "", "limit": 10, **filters})
            return [one.address[1] for one in found]

        assert listed() == ["0", "1", "2", "3"]
        assert listed(after="a1@x.org", limit=1) == ["2"]
        assert listed(reasons=[C]) == ["1", "3"]
        assert listed(since=NOW + 1, until=NOW + 2) == ["1", "2"]


def test_a_suppressed_recipient_is_accepted_bounced_and_never_claimed(world):
    suppress(world, ("To@example.org", B))
    (message_id,) = world.accept(mail("a@example.com", "to@EXAMPLE.org", "other@example.org"))
    assert states(world, message_id) == {"to@example.org": SUPPRESSED, "other@example.org": QUEUED}
    send, bounce = events(world, message_id)
    assert (send["eventType"], bounce["eventType"]) == ("Send", "Bounce")
    told = bounce["bounce"]
    assert (told["bounceType"], told["bounceSubType"]) == ("Permanent", "OnAccountSuppressionList")
    (recipient,) = told["bouncedRecipients"]
    assert (recipient["emailAddress"], recipient["action"], recipient["status"]) == (
        "to@example.org",
        "failed",
        "5.1.1",
    )
    assert row_id_of(told["feedbackId"]) is not None
    assert told["timestamp"] == send["mail"]["timestamp"]
    with world.store.transaction() as conn:
        request = ClaimRequest(
            owner="node/0",
            now=NOW,
            lease_ms=1000,
            rows=10,
            bytes=10**6,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        (claimed,) = claim_batch(conn, [request])
        assert [one.address for one in claimed.claims] == ["other@example.org"]
        assert count_sent(conn, ACCOUNT, NOW // BUCKET_MS * BUCKET_MS) == 2


def test_who_complained_gets_a_complaint(world):
    suppress(world, ("to@example.org", C))
    (message_id,) = world.accept(mail())
    complaint = events(world, message_id)[1]
    assert complaint["eventType"] == "Complaint"
    assert complaint["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert complaint["complaint"]["complainedRecipients"] == [{"emailAddress": "to@example.org"}]
    assert states(world, message_id) == {"to@example.org": SUPPRESSED}


@pytest.mark.parametrize(
    ("account", "own", "named", "reason", "suppressed"),
    [
        (None, None, True, B, True),
        (None, None, True, C, True),
        ((B,), None, True, B, True),
        ((B,), None, True, C, False),
        ((), None, True, B, False),
        ((), (B,), True, B, True),
        ((), (B,), False, B, False),
        ((B, C), (), True, B, False),
        ((B, C), (), False, B, True),
        ((B, C), (C,), True, B, False),
    ],
)
def test_the_sets_reasons_hold_else_the_accounts(world, account, own, named, reason, suppressed):
    suppress(world, ("to@example.org", reason))
    world.add(
        add_configuration_set,
        suppressed_reasons=None if own is None else rows.write_reasons(own),
    )
    world.change(
        accounts, suppressed_reasons=None if account is None else rows.write_reasons(account)
    )
    (message_id,) = world.accept(mail(configuration_set="spring" if named else None))
    state = SUPPRESSED if suppressed else QUEUED
    assert states(world, message_id) == {"to@example.org": state}
    assert len(events(world, message_id)) == (2 if suppressed else 1)


@pytest.mark.parametrize("account", [(), (B,), (C,), (B, C)], ids=str)
def test_each_set_and_each_account_suppresses_for_its_own_reasons(world, account):
    """Every choice of the account × every one of a set, or no set × every reason on the list."""
    suppress(world, ("bounced@example.org", B), ("complained@example.org", C))
    world.change(accounts, suppressed_reasons=rows.write_reasons(account))
    chosen = {"follows": None, "none": (), "b": (B,), "c": (C,), "both": (B, C)}
    for name, own in chosen.items():
        written = None if own is None else rows.write_reasons(own)
        world.add(add_configuration_set, name, suppressed_reasons=written)
    for name, own in {None: None, **chosen}.items():
        everybody = ("bounced@example.org", "complained@example.org", "fine@example.org")
        (message_id,) = world.accept(mail("a@example.com", *everybody, configuration_set=name))
        wanted = account if own is None else own
        assert states(world, message_id) == {
            "bounced@example.org": SUPPRESSED if B in wanted else QUEUED,
            "complained@example.org": SUPPRESSED if C in wanted else QUEUED,
            "fine@example.org": QUEUED,
        }
        told = [one["eventType"] for one in events(world, message_id)]
        assert told[0] == "Send"
        assert sorted(told[1:]) == ["Bounce"] * (B in wanted) + ["Complaint"] * (C in wanted)


def test_another_accounts_list_is_no_concern(world):
    world.add(add_account, id="other")
    with world.store.transaction() as conn:
        rows.put_suppressed(conn, row("to@example.org", account="other"))
    (message_id,) = world.accept(mail())
    assert states(world, message_id) == {"to@example.org": QUEUED}


def test_an_address_listed_in_two_spellings_is_suppressed_for_either_reason(world):
    suppress(world, ("TO@example.org", B), ("to@example.org", C))
    world.change(accounts, suppressed_reasons=rows.write_reasons([C]))
    (message_id,) = world.accept(mail())
    assert events(world, message_id)[1]["eventType"] == "Complaint"


def test_what_is_listed_later_does_not_stop_what_was_accepted(world):
    (before,) = world.accept(mail())
    suppress(world, ("to@example.org", B))
    (after,) = world.accept(mail())
    assert states(world, before) == {"to@example.org": QUEUED}
    assert states(world, after) == {"to@example.org": SUPPRESSED}


def test_destinations_hear_of_suppressed_recipients(world):
    suppress(world, ("to@example.org", B))
    world.add(add_configuration_set)
    world.add(lambda conn: create_destination(conn, types=("BOUNCE",)))
    world.accept(mail(configuration_set="spring"))
    with world.store.transaction() as conn:
        assert len(conn.execute(select(outbox)).all()) == 1


def test_reasons_are_kept_each_once_in_order():
    assert rows.write_reasons([C, B, C]) == msgspec.json.encode([B, C]).decode()
    assert rows.read_reasons(rows.write_reasons([])) == ()


def test_many_are_put_at_once_and_the_last_of_an_address_holds(store):
    entries = [
        SuppressedRow(account_id=ACCOUNT, address=address, reason=reason, updated_at=NOW)
        for address, reason in (
            ("A@x.example", "BOUNCE"),
            ("b@x.example", "BOUNCE"),
            ("b@x.example", "COMPLAINT"),
        )
    ]
    with store.transaction() as conn:
        rows.put_many_suppressed(conn, [])
        rows.put_many_suppressed(conn, entries[:1])
        rows.put_many_suppressed(conn, entries)
        found = rows.suppressed_among(conn, ACCOUNT, ["a@X.example", "b@x.example", "c@x.example"])
    assert found == {"a@x.example": frozenset({"BOUNCE"}), "b@x.example": frozenset({"COMPLAINT"})}
