"""Templates on both engines: versions, what a bulk shares, failures, and what is removed when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from pillarbox.accept.prepare import Stamp, prepare
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.templated import share
from pillarbox.base.errors import AlreadyExists, LimitExceeded, NotFound
from pillarbox.base.ids import row_id_of, uuid7
from pillarbox.events.rendering_failure import Unrenderable, give_up_batch
from pillarbox.manage.quotas import Quotas
from pillarbox.manage.seen.queue import show_message
from pillarbox.manage.templates import (
    EmailTemplate,
    create_template,
    delete_template,
    get_template,
    update_template,
)
from pillarbox.model.credentials import Caller
from pillarbox.model.queued import DELIVERED, HELD, UNRENDERABLE
from pillarbox.model.send import (
    Attachment,
    InlineTemplate,
    SendRequest,
    TemplatedContent,
    TemplateUse,
)
from pillarbox.model.template import RenderingFailure
from pillarbox.render.links import all_link_tags
from pillarbox.render.templated import Templates, compose_stored
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.mail.shared_contents import delete_superseded, read_shared
from pillarbox.store.publishing.events import message_events
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.tables import recipients, shared_contents
from pillarbox.track.receipt import Receipt
from pillarbox.track.recording import look_up
from tests.store.accepting import World
from tests.store.rows import ACCOUNT, NOW

TEMPLATE = EmailTemplate(name="T", subject="Hi {{name}}", text="Dear {{name}}", html=None)
LATER = NOW + 1000


def create(world: World, template: EmailTemplate = TEMPLATE, now: int = NOW) -> None:
    with world.store.transaction() as conn:
        create_template(conn, ACCOUNT, template, now=now)


def bulk(
    use: TemplateUse | str, *data: str, to: tuple[str, ...] = ("to@example.org",), **parts
) -> list[Prepared]:
    """Messages of one call, a message for each data."""
    use = TemplateUse(template=use) if isinstance(use, str) else use
    shared = share(use, ACCOUNT, NOW)
    caller = Caller(account_id=ACCOUNT, access_key_id="AKIDEXAMPLE", source_ip="192.0.2.1")
    return [
        prepare(
            SendRequest(
                caller=caller,
                content=TemplatedContent(use=use, data=one),
                from_address="a@example.com",
                to=to,
                **parts,
            ),
            Stamp.make(NOW, "us-east-1", "email.example.net", "boundary"),
            "v2",
            shared,
        )
        for one in data
    ]


def sent(world: World, *prepared: Prepared) -> list[bytes]:
    ids = world.accept(*prepared)
    assert all(isinstance(one, str) for one in ids), ids
    return [row_id_of(one) or b"" for one in ids]


def made(world: World, message_id: bytes) -> str:
    """The message as it would be sent."""
    with world.store.transaction() as conn:
        message = read_messages(conn, [message_id])[message_id]
        content = read_content(conn, message_id) or b""
        return compose_stored(conn, message, content).decode()


def shared_rows(world: World) -> int:
    with world.store.transaction() as conn:
        return conn.execute(select(func.count()).select_from(shared_contents)).scalar_one()


def test_messages_keep_the_version_of_their_template(world: World) -> None:
    create(world)
    (first,) = sent(world, *bulk("T", '{"name": "Ann"}'))
    with world.store.transaction() as conn:
        update_template(conn, ACCOUNT, replace(TEMPLATE, subject="New", text="new"), now=LATER)
    (second,) = sent(world, *bulk("T", "{}"))
    with world.store.transaction() as conn:
        delete_template(conn, ACCOUNT, "T", now=LATER)
        with pytest.raises(NotFound):
            get_template(conn, ACCOUNT, "T")
    assert "Subject: Hi Ann\r\n" in made(world, first)
    assert "Subject: New\r\n" in made(world, second)
    (error,) = world.accept(*bulk("T", "{}"))
    assert isinstance(error, NotFound)


def test_a_bulk_stores_once_what_its_messages_share(world: World) -> None:
    use = TemplateUse(
        template=InlineTemplate(subject="s {{name}}", text="{{a.x}}{{a.y}}{{l}}"),
        default_data='{"name": "you", "a": {"x": 1, "y": 2}, "l": [1, 2]}',
        attachments=(Attachment(data=b"x" * 5000, file_name="a.txt"),),
    )
    prepared = bulk(use, *(f'{{"a": {{"x": {n}}}, "l": [{n}]}}' for n in range(20)))
    # Too large for this world's limit: the attachment counts for each message.
    assert all(not isinstance(one, str) for one in world.accept(*prepared))
    assert shared_rows(world) == 0
    small = replace(use, attachments=(Attachment(data=b"file", file_name="a.txt"),))
    ids = sent(world, *bulk(small, *(f'{{"a": {{"x": {n}}}, "l": [{n}]}}' for n in range(20))))
    assert shared_rows(world) == 2
    for number, one in enumerate(ids):
        text = made(world, one)
        assert f"\r\n\r\n{number}2{number}\r\n" in text
        assert "Subject: s you\r\n" in text
        assert 'filename="a.txt"' in text


def test_a_bulk_of_which_nothing_is_accepted_stores_nothing(world: World) -> None:
    inline = TemplateUse(template=InlineTemplate(subject="s", text="t"))
    assert all(not isinstance(one, str) for one in world.accept(*bulk(inline, "{}", to=())))
    assert shared_rows(world) == 0


def test_bulks_of_one_batch_keep_apart(world: World) -> None:
    create(world)
    with world.store.transaction() as conn:
        results = world.acceptance.accept_bulk_batch(
            conn, [bulk("T", "{}", "{}"), bulk("none", "{}"), bulk("T", "{}")]
        )
    assert [[isinstance(one, str) for one in part] for part in results] == [
        [True, True],
        [False],
        [True],
    ]


def test_a_template_is_created_once_and_only_so_many(world: World) -> None:
    create(world)
    with world.store.transaction() as conn, pytest.raises(AlreadyExists):
        create_template(conn, ACCOUNT, TEMPLATE, now=NOW)
    second = replace(TEMPLATE, name="U")
    with world.store.transaction() as conn, pytest.raises(LimitExceeded):
        create_template(conn, ACCOUNT, second, now=NOW, most=1)
    assert Quotas().templates == 10_000


def test_what_is_shared_stays_while_a_message_needs_it(world: World) -> None:
    create(world)
    inline = TemplateUse(template=InlineTemplate(subject="s", text="t"), default_data='{"a": 1}')
    sent(world, *bulk("T", "{}"), *bulk(inline, "{}", "{}"))
    with world.store.transaction() as conn:
        update_template(conn, ACCOUNT, replace(TEMPLATE, text="new"), now=LATER)
    assert shared_rows(world) == 4
    after = LATER + 1

    def remove() -> int:
        with world.store.transaction() as conn:
            delete_old_messages(conn, after, 100)
            return delete_superseded(conn, after, 100)

    assert remove() == 0, "the messages are still queued"
    with world.store.transaction() as conn:
        conn.execute(recipients.update().values(state=DELIVERED))
        assert delete_superseded(conn, LATER, 100) == 0, "the messages are still kept"
    assert remove() == 3
    assert shared_rows(world) == 1, "the version in force stays"


def test_a_failed_rendering_ends_all_queued_recipients_with_one_event(world: World) -> None:
    create(world)
    to = ("a@one.example", "b@two.example", "c@three.example")
    (message_id,) = sent(world, *bulk("T", "{}", to=to))
    with world.store.transaction() as conn:
        held = recipients.update().where(recipients.c.position == 2)
        conn.execute(held.values(state=HELD))
        message = read_messages(conn, [message_id])[message_id]
        failure = Unrenderable(message=message, template="T", error="why", now=LATER)
        assert give_up_batch(conn, [failure, failure]) == [2, 0]
        events = message_events(conn, ACCOUNT, message_id)
        shown = show_message(conn, message_id)
        states = list(
            conn.execute(select(recipients.c.state).order_by(recipients.c.position)).scalars()
        )
    assert [one["eventType"] for one in events] == ["Send", "Rendering Failure"]
    assert events[1]["failure"] == {"errorMessage": "why", "templateName": "T"}
    assert states == [UNRENDERABLE, UNRENDERABLE, HELD]
    assert shown is not None
    assert shown.recipients[0].state == "rendering failed"


@pytest.fixture
def templates(world: World):
    """Templates of a store, and how often it was asked."""
    asked: list[bytes] = []

    async def read(ids):
        asked.extend(ids)
        return await world.store.read(lambda conn: read_shared(conn, ids))

    with ThreadPoolExecutor(2) as threads:
        made = Templates(read, threads)
        yield made, asked


async def render(world: World, templates: Templates, message_id: bytes) -> bytes:
    with world.store.transaction() as conn:
        message = read_messages(conn, [message_id])[message_id]
        content = read_content(conn, message_id) or b""
    return await templates.compose(message, content)


async def test_what_is_shared_is_read_once(world: World, templates) -> None:
    create(world)
    use = TemplateUse(template="T", default_data='{"name": "you"}')
    ids = sent(world, *bulk(use, *['{"name": "Ann"}', "{}"] * 5))
    mill, asked = templates
    texts = [(await render(world, mill, one)).decode() for one in ids]
    assert ["Dear Ann" in one for one in texts] == [True, False] * 5
    assert len(asked) == 2
    assert texts == [made(world, one) for one in ids]


@pytest.mark.parametrize(
    ("parts", "data", "text"),
    [
        ({"text": "{{nobody}}"}, "{}", "Attribute 'nobody' is not present in the rendering data."),
        ({"text": "{{#if x}}"}, "{}", "Parse error on line 1: the block 'if' is not closed."),
        ({"subject": "{{x}}", "text": "t"}, '{"x": "a\\nb"}', None),
        ({"subject": "s"}, "{}", "The body has neither a text nor an HTML part."),
        ({"text": '{{#*inline "p"}}{{> p}}{{/inline}}{{> p}}'}, "{}", None),
    ],
    ids=["missing", "syntax", "line end", "no body", "endless"],
)
async def test_what_can_not_be_rendered_fails_for_ever_in_plain_words(
    world: World, templates, parts, data, text
) -> None:
    inline = TemplateUse(template=InlineTemplate(**{"subject": "s", **parts}))
    (message_id,) = sent(world, *bulk(inline, data))
    mill, _ = templates
    for _ in range(2):
        with pytest.raises(RenderingFailure) as caught:
            await render(world, mill, message_id)
        assert caught.value.template is None
        assert text is None or str(caught.value) == text
    assert made(world, message_id) == ""


async def test_a_template_that_is_gone_is_no_failure_of_the_sender(world: World, templates) -> None:
    create(world)
    (message_id,) = sent(world, *bulk("T", "{}"))
    with world.store.transaction() as conn:
        conn.execute(shared_contents.delete())
    mill, _ = templates
    with pytest.raises(LookupError):
        await render(world, mill, message_id)


def test_a_click_finds_the_tags_of_a_link_that_a_template_made(world: World) -> None:
    html = '<a ses:tags="product:{{x}}" href="https://x.example/">x</a>'
    inline = TemplateUse(template=InlineTemplate(subject="s", html=html))
    (message_id,) = sent(world, *bulk(inline, '{"x": "book"}'))
    click = Receipt(
        id=uuid7(LATER),
        message_id=message_id,
        position=0,
        ip="192.0.2.1",
        user_agent="",
        link=0,
        target="https://x.example/",
        tagged=True,
    )
    with world.store.transaction() as conn:
        known = look_up(conn, [click])
    assert all_link_tags(known.contents[message_id]) == {0: {"product": ["book"]}}
