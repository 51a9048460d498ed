"""Verification in the background against a real DNS server, on both engines."""

import asyncio

import pytest

from pillarbox.manage.identities.dkim_signing import Signing
from pillarbox.manage.identities.verification import check_now, verify_domain, verify_domain_dkim
from pillarbox.proto.dkim import public_record
from pillarbox.store.identity.checks import first_due
from pillarbox.store.identity.identities import find_identity
from tests.peers.dns_zone import DnsZone
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.identity_world import DOMAIN, HOUR, KEYS, NAMES, IdentityWorld, key_row
from tests.store.rows import ACCOUNT, add_account, add_identity, add_token

OWN = Signing(origin="EXTERNAL", selector="own", private_key="-")
OURS = Signing(origin="AWS_SES")


@pytest.fixture(scope="module")
def zone():
    with DnsZone() as running:
        yield running


@pytest.fixture
async def world(store, zone):
    zone.records.clear()
    zone.failing.clear()
    with store.transaction() as conn:
        add_account(conn)
    made = IdentityWorld(store, zone)
    yield made
    await made.resolver.close()


def own_record(world, number=3, selector="own"):
    world.zone.set(f"{selector}._domainkey.{DOMAIN}", "TXT", public_record(KEYS[number]))


async def test_a_domain_is_verified_when_all_records_and_the_keys_behind_them_are_there(world):
    created = world.create()
    assert (created.status, created.dkim_status) == ("NOT_STARTED", "NOT_STARTED")
    assert (await world.check()).check_error == "HOST_NOT_FOUND"
    world.publish("t0", "t1")
    half = await world.check(1000)
    assert (half.status, half.dkim_status, half.verified) == ("PENDING", "PENDING", False)
    world.publish()
    whole = await world.check(HOUR)
    assert (whole.status, whole.dkim_status, whole.check_error) == ("SUCCESS", "SUCCESS", None)
    assert world.signer() == "t0"


@pytest.mark.parametrize(
    ("behind", "error"),
    [
        (None, "HOST_NOT_FOUND"),
        (public_record(KEYS[4]), "INVALID_VALUE"),
        ("v=DKIM1; p=", "INVALID_VALUE"),
        ("SERVFAIL", "DNS_SERVER_ERROR"),
    ],
)
async def test_a_cname_counts_only_with_our_key_behind_it(world, behind, error):
    world.create()
    world.publish()
    target = NAMES.dkim_target("t1")
    world.zone.records.pop((target, "TXT"))
    if behind == "SERVFAIL":
        world.zone.fail(target)
    elif behind is not None:
        world.zone.set(target, "TXT", behind)
    checked = await world.check()
    assert (checked.status, checked.check_error) == ("PENDING", error)


async def test_trouble_with_dns_keeps_nothing_pending_beyond_72_hours(world):
    world.create()
    world.zone.fail(f"t0._domainkey.{DOMAIN}")
    assert (await world.check()).status == "PENDING"
    failed = await world.check(72 * HOUR)
    assert (failed.status, failed.dkim_status) == ("FAILED", "FAILED")
    assert world.run(first_due) is None


async def test_records_that_go_leave_72_hours_and_creating_again_restarts_what_failed(world):
    world.create()
    world.publish()
    await world.check()
    world.zone.records.clear()
    gone = await world.check(HOUR)
    assert (gone.status, gone.verified) == ("TEMPORARY_FAILURE", True)
    assert world.signer() == "t0"
    failed = await world.check(72 * HOUR)
    assert (failed.status, failed.verified, world.signer()) == ("FAILED", False, None)
    again = world.create()
    assert (again.status, again.dkim_status, again.tokens) == ("PENDING", "PENDING", failed.tokens)
    world.publish()
    assert (await world.check()).status == "SUCCESS"
    assert world.signer() == "t0"


async def test_who_answers_for_a_domain_is_shown_while_something_is_amiss(world):
    world.create()
    world.zone.set(DOMAIN, "SOA", "ns.example.com. admin.example.com. 2026112101 1 2 3 4")
    assert (await world.check()).soa == "ns.example.com. admin.example.com. 2026112101"
    world.publish()
    assert (await world.check(HOUR)).soa is None


async def test_the_txt_record_of_ses_v1_verifies_without_dkim(world):
    token = world.run(verify_domain, ACCOUNT, DOMAIN, now=world.now)
    assert len(token) == 44
    assert world.run(verify_domain, ACCOUNT, DOMAIN, now=world.now) == token
    world.zone.set(f"_amazonses.{DOMAIN}", "TXT", "other", token)
    checked = await world.check()
    assert (checked.status, checked.dkim_status, checked.tokens) == ("SUCCESS", "NOT_STARTED", ())
    assert world.signer() is None


async def test_dkim_begun_later_has_72_hours_of_its_own_and_signs_once_found(world):
    token = world.run(verify_domain, ACCOUNT, DOMAIN, now=world.now)
    world.zone.set(f"_amazonses.{DOMAIN}", "TXT", token)
    await world.check()
    world.now += 50 * HOUR
    keys = [key_row(n, f"t{n}") for n in range(3)]
    tokens = world.run(verify_domain_dkim, ACCOUNT, DOMAIN, keys, now=world.now)
    assert tokens == ("t0", "t1", "t2")
    later = await world.check(40 * HOUR)
    assert (later.status, later.dkim_status, world.signer()) == ("SUCCESS", "PENDING", None)
    world.publish()
    assert (await world.check(HOUR)).dkim_status == "SUCCESS"
    assert world.signer() == "t0"
    world.zone.records.pop((f"_amazonses.{DOMAIN}", "TXT"))
    assert (await world.check(HOUR)).status == "SUCCESS"


async def test_dkim_that_fails_leaves_a_domain_verified_by_txt_unsigned(world):
    token = world.run(verify_domain, ACCOUNT, DOMAIN, now=world.now)
    world.zone.set(f"_amazonses.{DOMAIN}", "TXT", token)
    world.create()
    await world.check(72 * HOUR)
    checked = world.get()
    assert (checked.status, checked.dkim_status, world.signer()) == ("SUCCESS", "FAILED", None)


async def test_the_key_of_a_release_without_states_of_dkim_goes_on_signing(world):
    with world.store.transaction() as conn:
        add_identity(conn, next_check_at=world.now)
        add_token(conn, DOMAIN, "t0")
    assert world.signer() == "t0"
    gone = await world.check()
    assert (gone.status, gone.dkim_status) == ("TEMPORARY_FAILURE", "TEMPORARY_FAILURE")
    assert world.signer() == "t0"


async def test_a_key_of_ones_own_takes_over_once_it_is_found(world):
    """No message goes unsigned meanwhile: the key before signs."""
    world.create()
    world.publish()
    await world.check()
    shown = world.set_signing(OWN, key_row(3, "own/1", selector="own", origin="EXTERNAL"))
    assert (shown.signing_origin, shown.tokens, shown.dkim_status) == (
        "EXTERNAL",
        ("own",),
        "PENDING",
    )
    waiting = await world.check()
    assert (waiting.status, waiting.dkim_status, world.signer()) == ("SUCCESS", "PENDING", "t0")
    own_record(world)
    found = await world.check(HOUR)
    assert (found.status, found.dkim_status, world.signer()) == ("SUCCESS", "SUCCESS", "own/1")
    world.zone.records.pop((f"t0._domainkey.{DOMAIN}", "CNAME"))
    assert (await world.check(HOUR)).status == "SUCCESS"


async def test_a_key_of_ones_own_gives_way_to_the_next_and_to_ours(world):
    first = key_row(3, "own/1", selector="own", origin="EXTERNAL")
    world.create(keys=[first], signing=OWN)
    own_record(world)
    assert (await world.check()).status == "SUCCESS"
    assert world.signer() == "own/1"
    second = key_row(4, "new/2", selector="new", origin="EXTERNAL")
    world.set_signing(Signing(origin="EXTERNAL", selector="new", private_key="-"), second)
    await world.check()
    assert world.signer() == "own/1"
    own_record(world, 4, "new")
    await world.check(HOUR)
    assert world.signer() == "new/2"
    assert world.needed(OURS).kind == "tokens"
    world.set_signing(OURS, *(key_row(n, f"t{n}") for n in range(3)))
    await world.check()
    assert (world.signer(), world.get().tokens) == ("new/2", ("t0", "t1", "t2"))
    world.publish()
    await world.check(HOUR)
    assert (world.signer(), world.get().signing_origin) == ("t0", "AWS_SES")


async def test_a_key_that_waits_is_replaced_by_the_next_one_that_is_brought(world):
    world.create()
    for number, token in ((3, "own/1"), (4, "own/2")):
        world.set_signing(OWN, key_row(number, token, selector="own", origin="EXTERNAL"))
    own_record(world, 4)
    await world.check()
    assert world.signer() == "own/2"


MAIL_FROM = f"bounce.{DOMAIN}"
MX, SPF = f"10 {NAMES.feedback_host}", f"v=spf1 include:{NAMES.spf_include} ~all"


@pytest.mark.parametrize(
    ("mx", "txt", "status"),
    [
        ([MX], [SPF], "SUCCESS"),
        ([MX], ["other", SPF], "SUCCESS"),
        ([MX], ["V=SPF1 ip4:192.0.2.1 INCLUDE:BOUNCE.MAIL.TEST -all"], "SUCCESS"),
        ([MX], [], "PENDING"),
        ([MX], ["v=spf1 -all"], "PENDING"),
        ([MX], [SPF, "v=spf1 -all"], "PENDING"),
        ([MX], [f"v=spf1 -include:{NAMES.spf_include}"], "PENDING"),
        ([], [SPF], "PENDING"),
        ([MX, "20 mx.example.com"], [SPF], "FAILED"),
        (["10 mx.example.com"], [SPF], "FAILED"),
        (["0 ."], [SPF], "FAILED"),
    ],
)
async def test_a_mail_from_domain_has_one_mx_and_it_is_ours(world, mx, txt, status):
    """Another one could receive mail, which a MAIL FROM domain must not: it fails at once."""
    world.create()
    world.set_mail_from(MAIL_FROM)
    world.zone.set(MAIL_FROM, "MX", *mx)
    world.zone.set(MAIL_FROM, "TXT", *txt)
    assert (await world.check()).mail_from_status == status


async def test_a_mail_from_domain_has_72_hours_to_come_and_72_to_come_back(world):
    world.create("me@example.com")
    world.set_mail_from(MAIL_FROM, name="me@example.com")

    async def after(hours):
        world.now += hours * HOUR
        await world.checks.turn()
        return world.get("me@example.com").mail_from_status

    assert await after(0) == "PENDING"
    world.zone.set(MAIL_FROM, "MX", MX)
    world.zone.set(MAIL_FROM, "TXT", SPF)
    assert await after(1) == "SUCCESS"
    world.zone.records.clear()
    assert await after(1) == "TEMPORARY_FAILURE"
    assert await after(71) == "TEMPORARY_FAILURE"
    assert await after(1) == "FAILED"
    world.zone.set(MAIL_FROM, "MX", MX)
    world.zone.set(MAIL_FROM, "TXT", SPF)
    assert await after(1) == "FAILED"
    world.set_mail_from(MAIL_FROM, name="me@example.com")
    assert await after(0) == "SUCCESS"


async def test_a_link_that_nobody_opens_fails_an_address_after_24_hours(world):
    world.create("me@example.com")
    world.now += 24 * HOUR - 1
    await world.checks.turn()
    assert world.get("me@example.com").status == "PENDING"
    world.now += 1
    await world.checks.turn()
    assert world.get("me@example.com").status == "FAILED"


async def test_what_changed_while_it_was_looked_up_is_left_as_it_is(world):
    world.create()
    world.set_mail_from(MAIL_FROM)
    row = world.run(find_identity, ACCOUNT, DOMAIN)
    ask = world.resolver.query

    async def query(name, rdtype, *, fresh=False):
        if rdtype == "MX":
            world.set_mail_from(f"other.{DOMAIN}")
        return await ask(name, rdtype, fresh=fresh)

    world.resolver.query = query
    await world.checks.turn()
    after = world.run(find_identity, ACCOUNT, DOMAIN)
    assert (after.mail_from_domain, after.checks) == (f"other.{DOMAIN}", row.checks)


async def test_check_now_makes_it_due_and_begins_anew_what_failed(world):
    world.create()
    world.set_mail_from(MAIL_FROM)
    await world.check(72 * HOUR)
    failed = world.get()
    assert (failed.status, failed.dkim_status, failed.mail_from_status) == ("FAILED",) * 3
    world.publish()
    world.run(check_now, ACCOUNT, DOMAIN, now=world.now)
    checked = await world.check()
    assert (checked.status, checked.dkim_status) == ("SUCCESS", "SUCCESS")
    assert checked.mail_from_status == "PENDING"


async def test_a_domain_that_hangs_keeps_no_other_waiting(world):
    """The checks of one turn are independent, and what is under way is not begun again."""
    world.create()
    world.create("b.example", [key_row(3, "u0")])
    world.publish("u0", domain="b.example")
    ask, asked, answer = world.resolver.query, [], asyncio.Event()

    async def query(name, rdtype, *, fresh=False):
        if name.endswith(DOMAIN):
            asked.append((name, rdtype))
            await answer.wait()
        return await ask(name, rdtype, fresh=fresh)

    world.resolver.query = query
    hanging = asyncio.create_task(world.checks.turn())
    async with asyncio.timeout(ARRIVAL_SECONDS):
        while world.get("b.example").status != "SUCCESS":  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0)
    before = list(asked)
    second = asyncio.create_task(world.checks.turn())
    await asyncio.sleep(0)
    answer.set()
    await asyncio.gather(hanging, second)
    assert asked[: len(before)] == before
    assert len([one for one in asked if one[1] == "CNAME"]) == 3
    assert (world.get().status, world.get("b.example").status) == ("PENDING", "SUCCESS")
