"""Rendering: as today without a plan, a signed copy of its own for each recipient with one."""

import asyncio
import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dkim
import msgspec
import pytest

from pillarbox.model.contacts import ListPlan
from pillarbox.model.tracking import TrackingPlan
from pillarbox.proto.dkim import generate_key, public_record
from pillarbox.proto.links.tracking_token import host_of
from pillarbox.proto.links.unsubscribe_token import read_unsubscribe_token
from pillarbox.render import rendering as module
from pillarbox.render.rendering import Rendering
from tests.store.rows import accepted
from tests.unit.letters import BASE, KEY, PLAN, html_of, html_part, letter, tokens_of

CONTENT = letter(html_part(b"<a href=https://x.example/>", "utf-8", "8bit"))


class FakeKeys:
    """One DKIM key, of the token `t`."""

    def __init__(self) -> None:
        self.key = generate_key(1024)

    async def find(self, token):
        return self.key if token == "t" else None


class Threads(ThreadPoolExecutor):
    """Counts what is done in threads."""

    count = 0

    def submit(self, *arguments, **named):
        self.count += 1
        return super().submit(*arguments, **named)


@pytest.fixture
def threads():
    with Threads(1) as pool:
        yield pool


def message(plan: TrackingPlan | None = None, token: str | None = None):
    written = None if plan is None else msgspec.json.encode(plan).decode()
    domain = None if token is None else "shop.example"
    one = accepted("a@x.org", now=1).message
    return replace(one, tracking=written, signing_domain=domain, signing_token=token)


def rendering(threads) -> Rendering:
    return Rendering(FakeKeys(), threads, lambda: KEY, b"u" * 32)


async def test_without_a_plan_everyone_gets_the_content_itself(threads):
    copies = await rendering(threads).render(message(), CONTENT)
    for position in (0, 7):
        (only,) = await copies.copy_for(position)
        assert only is CONTENT


async def test_without_a_plan_a_message_is_signed_once(threads):
    copies = await rendering(threads).render(message(token="t"), CONTENT)
    first, second = await copies.copy_for(0), await copies.copy_for(1)
    assert first is second
    assert first[0].startswith(b"DKIM-Signature: ")
    assert first[1] is CONTENT


def records_of(content: bytes, keys: dict[bytes, bytes]) -> list[bool]:
    """Verify each signature of a message from outside, the topmost first."""
    verifier = dkim.DKIM(content)
    count = content.count(b"DKIM-Signature:")

    def dnsfunc(name, **_):
        return keys[name.rstrip(b".")]

    return [verifier.verify(idx=at, dnsfunc=dnsfunc) for at in range(count)]


@pytest.mark.parametrize(
    ("token", "plan", "domains"),
    [
        ("t", None, [b"shop.example", b"mail.test"]),
        ("t", PLAN, [b"shop.example", b"mail.test"]),
        (None, None, [b"mail.test"]),
    ],
    ids=["signed", "signed and tracked", "not signed by its sender"],
)
async def test_the_service_signs_too_where_that_is_set(threads, token, plan, domains):
    keys = FakeKeys()
    asked = []

    async def service():
        asked.append(1)
        return "mail.test", "t"

    renderer = Rendering(keys, threads, lambda: KEY, service=service)
    record = public_record(keys.key).encode()
    known = {b"t._domainkey." + domain: record for domain in domains}
    for _ in range(2):
        copies = await renderer.render(message(plan, token), CONTENT)
        content = b"".join(await copies.copy_for(0))
        assert records_of(content, known) == [True] * len(domains)
        assert content.count(b"d=mail.test;") == 1
    assert asked == [1]


async def test_the_services_own_mail_is_signed_by_it_once(threads):
    async def service():
        return "shop.example", "t"

    copies = await Rendering(FakeKeys(), threads, lambda: KEY, service=service).render(
        message(token="t"), CONTENT
    )
    header, _ = await copies.copy_for(0)
    assert header.count(b"DKIM-Signature") == 1


async def test_with_a_plan_each_gets_a_copy_that_names_him_and_is_signed(threads):
    renderer = rendering(threads)
    record = public_record(await renderer._keys.find("t")).encode()
    copies = await renderer.render(message(PLAN, "t"), CONTENT)
    pieces = await asyncio.gather(*(copies.copy_for(position) for position in range(3)))
    assert threads.count == 3
    for position, (header, content) in enumerate(pieces):
        assert dkim.verify(header + content, dnsfunc=lambda *_, **__: record)
        assert {token.position for _, token in tokens_of(content.decode())} == {position}
    assert len({header for header, _ in pieces}) == 3


async def test_anonymous_copies_are_signed_once(threads):
    plan = replace(PLAN, anonymous=True)
    copies = await rendering(threads).render(message(plan, "t"), CONTENT)
    assert await copies.copy_for(0) is await copies.copy_for(1)
    assert threads.count == 1


@pytest.mark.parametrize("plan", [TrackingPlan(reasons=("off",)), TrackingPlan(http_links=BASE)])
async def test_a_plan_that_changes_nothing_leaves_the_content_itself(threads, plan):
    copies = await rendering(threads).render(message(plan), CONTENT)
    (only,) = await copies.copy_for(0)
    assert only is CONTENT


async def test_large_messages_are_worked_on_in_a_thread(threads, monkeypatch):
    monkeypatch.setattr(module, "LARGE", len(CONTENT) - 1)
    copies = await rendering(threads).render(message(PLAN), CONTENT)
    assert threads.count == 1
    await copies.copy_for(0)
    assert threads.count == 2


@pytest.mark.parametrize("plan", [None, PLAN])
async def test_mail_to_a_list_has_each_readers_way_out_signed_and_not_tracked(threads, plan):
    place = b"{{amazonSESUnsubscribeUrl}}"
    html = b'<a href="' + place + b'">leave</a> <a href=https://x.example/>x</a>'
    content = letter(html_part(html, "utf-8", "8bit"))
    lists = ListPlan(
        list_name="shop", topic="news", base=BASE, addresses=("a@x.org", "b@x.org", "c@x.org")
    )
    one = replace(message(plan, "t"), list_plan=msgspec.json.encode(lists).decode())
    renderer = rendering(threads)
    record = public_record(await renderer._keys.find("t")).encode()
    copies = await renderer.render(one, content)
    for position, address in enumerate(lists.addresses):
        header, copy = await copies.copy_for(position)
        assert dkim.verify(header + copy, dnsfunc=lambda *_, **__: record)
        assert b"List-Unsubscribe" in header
        fields = email.message_from_bytes(copy, policy=email.policy.SMTP)
        url = str(fields["List-Unsubscribe"]).strip("<>")
        link = read_unsubscribe_token(url.removeprefix(f"{BASE}/u/"), host_of(BASE), b"u" * 32)
        assert (link.address, link.topic, link.position) == (address, "news", position)
        assert link.message_id == one.id
        assert f'<a href="{url}">leave</a>'.encode() in html_of(copy)[0]
        tracked = tokens_of(copy.decode())
        assert {token.position for _, token in tracked} == ({position} if plan else set())
        assert [token.target for kind, token in tracked if kind == "c"] == (
            ["https://x.example/"] if plan else []
        )


async def test_without_its_dkim_key_nothing_goes_out(threads):
    with pytest.raises(LookupError, match="gone"):
        await rendering(threads).render(message(PLAN, "gone"), CONTENT)
