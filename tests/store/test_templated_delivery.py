"""A message from a template on its way out, on both engines: what is scanned, what readers get.

Store, templates, rendering, scanning and settling are the real ones; the scanner's verdict and the
last hop are not.
"""

import email
import email.policy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pillarbox.accept.tracking_host import OwnHost
from pillarbox.base.clock import now_ms
from pillarbox.base.ids import row_id_of
from pillarbox.deliver.pipeline import Pipeline
from pillarbox.manage.recipients.contact_lists import NewContactList, create_contact_list
from pillarbox.manage.templates import EmailTemplate, create_template
from pillarbox.model.contacts import ListChoice
from pillarbox.model.outcome import Delivered, Reply
from pillarbox.model.queued import QUEUED, REJECTED, UNRENDERABLE
from pillarbox.model.send import Attachment, TemplatedContent, TemplateUse
from pillarbox.model.tracking_setup import TrackingOverride
from pillarbox.proto.clamd import Clean, Failed, Found, Verdict
from pillarbox.proto.links.tracking_token import host_of
from pillarbox.proto.links.unsubscribe_token import read_unsubscribe_token
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.queue.dispatcher import Parcel
from pillarbox.render.rendering import Rendering
from pillarbox.render.templated import open_templates
from pillarbox.scan.scanning import Scanning
from pillarbox.store.mail.messages import read_contents, read_messages
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from tests.store.accepting import POLICY, World, mail
from tests.store.rows import ACCOUNT, add_account, add_identity, states
from tests.unit.letters import BASE, KEY, tokens_of

UNSUBSCRIBE = b"u" * 32
TEMPLATE = EmailTemplate(
    name="T",
    subject="Hi {{name}}",
    text="Dear {{name}}, leave: {{amazonSESUnsubscribeUrl}}",
    html='<a href="https://x.example/{{name}}">x</a> <a href="{{amazonSESUnsubscribeUrl}}">bye</a>',
)
FILE = Attachment(data=b"what a scanner looks for", file_name="a.bin")


class Keys:
    """Nothing is signed."""

    async def find(self, _token):
        return None


class Way:
    """One worker's way of mail: what its scanner was shown, and what left."""

    def __init__(self, store: Store, threads: ThreadPoolExecutor) -> None:
        self.world = World(store, replace(POLICY, tracking=OwnHost(BASE), max_message_bytes=9999))
        self.store = store
        self.verdict: Verdict = Clean()
        self.shown: list[bytes] = []
        self.left: dict[str, bytes] = {}
        self.pipeline = Pipeline(
            store=store,
            compose=open_templates(store, threads).compose,
            render=Rendering(Keys(), threads, lambda: KEY, UNSUBSCRIBE).render,
            last_hop=self,
            return_path=lambda _claim, _message: "v@bounce.example.net",
            reporting_mta="mta.example.net",
            region="us-east-1",
            settled=lambda _settlement: None,
            inspect=Scanning(self._ask, store, lambda _verdict: None).inspect,
        )

    async def _ask(self, content: bytes) -> Verdict:
        self.shown.append(content)
        return self.verdict

    async def deliver(self, _claim, _message, envelope, content):
        self.left[envelope.recipient] = b"".join(content)
        return Delivered(Reply(250, "2.0.0 Ok", "2.0.0"))

    async def close(self) -> None:
        """Nothing is open."""

    def send(
        self, *to: str, data: str = '{"name": "Ann"}', files=(FILE,), headers=(), **parts
    ) -> bytes:
        """Accept a message from the template."""
        use = TemplateUse(template="T", attachments=files)
        content = TemplatedContent(use=use, data=data, headers=headers)
        letter = mail("a@example.com", *to, content=content, now=now_ms(), **parts)
        (message_id,) = self.world.accept(letter)
        assert isinstance(message_id, str), message_id
        return row_id_of(message_id) or b""

    async def deliver_due(self) -> None:
        """Process what is due, each recipient in a parcel of its own, one after the other."""
        request = ClaimRequest(
            owner="node/0",
            now=now_ms(),
            lease_ms=600_000,
            rows=100,
            bytes=1 << 20,
            after_lane="",
            in_flight={},
            lane_cap=100,
        )
        with self.store.transaction() as conn:
            claims = claim_batch(conn, [request])[0].claims
        for claim in claims:
            with self.store.transaction() as conn:
                message = read_messages(conn, [claim.message_id])[claim.message_id]
                content = read_contents(conn, [claim.message_id])[claim.message_id]
            await self.pipeline.process(Parcel(message, content, (claim,)), lambda _claim: None)

    def states(self) -> dict[str, int]:
        with self.store.transaction() as conn:
            return {row[0]: row[1] for row in states(conn)}

    def events(self, message_id: bytes) -> list[str]:
        with self.store.transaction() as conn:
            return [one["eventType"] for one in message_events(conn, ACCOUNT, message_id)]


@pytest.fixture
def way(store: Store) -> Iterator[Way]:
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        create_contact_list(conn, ACCOUNT, NewContactList(name="shop", topics=()), now=now_ms())
        create_template(conn, ACCOUNT, TEMPLATE, now=now_ms())
    with ThreadPoolExecutor(2) as threads:
        yield Way(store, threads)


def parsed(content: bytes):
    return email.message_from_bytes(content, policy=email.policy.default)


async def test_what_a_template_makes_is_scanned_whole_and_once(way: Way) -> None:
    way.send("a@one.example", "b@two.example")
    await way.deliver_due()
    (shown,) = way.shown
    assert parsed(shown)["Subject"] == "Hi Ann"
    (attached,) = parsed(shown).iter_attachments()
    assert attached.get_content() == FILE.data
    assert way.left == {"a@one.example": shown, "b@two.example": shown}


async def test_what_is_found_in_a_templates_attachment_goes_to_nobody(way: Way) -> None:
    way.verdict = Found("Bad.Thing")
    message_id = way.send("a@one.example", "b@two.example")
    await way.deliver_due()
    assert len(way.shown) == 1
    assert way.left == {}
    assert way.states() == {"a@one.example": REJECTED, "b@two.example": REJECTED}
    assert way.events(message_id) == ["Send", "Reject"]


async def test_without_a_verdict_nothing_from_a_template_leaves(way: Way) -> None:
    way.verdict = Failed("gone")
    way.send("a@one.example")
    await way.deliver_due()
    assert way.left == {}
    assert way.states() == {"a@one.example": QUEUED}


async def test_what_can_not_be_rendered_is_not_scanned(way: Way) -> None:
    message_id = way.send("a@one.example", "b@two.example", data="{}")
    await way.deliver_due()
    assert way.shown == []
    assert way.left == {}
    assert way.states() == {"a@one.example": UNRENDERABLE, "b@two.example": UNRENDERABLE}
    assert way.events(message_id) == ["Send", "Rendering Failure"]


async def test_mail_to_a_list_from_a_template_has_each_readers_links(way: Way) -> None:
    choice, tracked = ListChoice(list_name="shop"), TrackingOverride(opens=False, clicks=True)
    way.send("a@one.example", "b@two.example", files=(), contact_list=choice, tracking=tracked)
    await way.deliver_due()
    for position, address in enumerate(("a@one.example", "b@two.example")):
        letter = parsed(way.left[address])
        url = str(letter["List-Unsubscribe"]).strip("<>")
        link = read_unsubscribe_token(url.removeprefix(f"{BASE}/u/"), host_of(BASE), UNSUBSCRIBE)
        assert link is not None
        assert (link.address, link.list_name, link.position) == (address, "shop", position)
        text, html = (part.get_content() for part in letter.iter_parts())
        assert text.rstrip() == f"Dear Ann, leave: {url}"
        assert f'<a href="{url}">bye</a>' in html
        ((kind, token),) = tokens_of(html)
        assert (kind, token.position, token.target) == ("c", position, "https://x.example/Ann")


async def test_a_senders_own_unsubscribe_fields_give_way_in_a_template_too(way: Way) -> None:
    own = (("List-Unsubscribe", "<mailto:a@b.org>"), ("X-Own", "1"))
    way.send("a@one.example", headers=own, contact_list=ListChoice(list_name="shop"))
    await way.deliver_due()
    (shown,) = way.shown
    assert parsed(shown)["List-Unsubscribe"] is None
    (url,) = parsed(way.left["a@one.example"]).get_all("List-Unsubscribe")
    assert url.startswith(f"<{BASE}/u/")
    assert parsed(shown)["X-Own"] == "1"


async def test_a_made_message_has_our_feedback_id_that_no_event_shows(way: Way) -> None:
    message_id = way.send("a@one.example")
    await way.deliver_due()
    (field,) = parsed(way.left["a@one.example"]).get_all("Feedback-ID")
    assert field.endswith(":Pillarbox")
    with way.store.transaction() as conn:
        delivered = message_events(conn, ACCOUNT, message_id)[-1]
    names = [one["name"] for one in delivered["mail"]["headers"]]
    assert "Subject" in names
    assert "Feedback-ID" not in names
