"""The page behind an unsubscribe link, `/u/TOKEN` on the tracking listener (RFC 8058).

GET shows what one is subscribed to and changes nothing, since mail scanners open every link. POST
of `List-Unsubscribe=One-Click`, as mail programs send it, unsubscribes from what the mail was
about; the page's own form chooses topics or leaves the list. What is answered with 200 is
committed. While the store is down the answer is 503, and the mail program tries again.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.manage.recipients.subscriptions import (
    Subscription,
    choose_topics,
    read_subscription,
    unsubscribe,
    unsubscribe_from_all,
)
from pillarbox.model.contacts import OPT_IN, Topic
from pillarbox.model.page import PageAnswer, PageRequest
from pillarbox.proto.links.one_click import is_one_click, read_form_fields
from pillarbox.proto.links.unsubscribe_token import (
    UNSUBSCRIBE_PATH,
    UnsubscribeLink,
    read_unsubscribe_token,
)
from pillarbox.wire.sesv2.services import Storage

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1.5rem;margin:.5rem .5rem .5rem 0}}
label{{display:block;margin:.75rem 0}}small{{display:block;margin-left:1.75rem}}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""
_SAVE, _ALL = "save", "all"


async def not_yet(_request: PageRequest) -> PageAnswer:
    """Answer while there is no store yet: come again."""
    return _not_now()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribePage:
    """Serves `/u/`; `serve` is the Page."""

    store: Storage
    key: bytes
    now: Callable[[], int]

    async def serve(self, request: PageRequest) -> PageAnswer:
        """Answer one request."""
        token = request.path.removeprefix(UNSUBSCRIBE_PATH)
        link = read_unsubscribe_token(token, request.host, self.key)
        if link is None:
            return _answer(
                404, "This link does not work", "<p>Is it whole? Please copy all of it.</p>"
            )
        try:
            if request.method == "POST":
                return await self._change(link, request.body)
            shown = await self.store.read(partial(read_subscription, link=link))
        except ServiceUnavailable:
            return _not_now()
        return _gone() if shown is None else _choices(link, shown)

    async def _change(self, link: UnsubscribeLink, body: bytes) -> PageAnswer:
        change = _asked(link, body, self.now())
        if change is None:
            return _answer(400, "Nothing was changed", "<p>Please use the buttons.</p>")
        if not await self.store.write(change):
            return _gone()
        shown = await self.store.read(partial(read_subscription, link=link))
        return _gone() if shown is None else _changed(link, shown)


def _asked(link: UnsubscribeLink, body: bytes, now: int) -> Callable[[Connection], bool] | None:
    """Tell what a POST asks for; None: nothing that we know."""
    if is_one_click(body):
        return lambda conn: unsubscribe(conn, link, now=now)
    fields = read_form_fields(body)
    actions = [value for name, value in fields if name == "action"]
    if actions == [_ALL]:
        return lambda conn: unsubscribe_from_all(conn, link, now=now)
    if actions == [_SAVE]:
        chosen = {value for name, value in fields if name == "topic"}
        return lambda conn: choose_topics(conn, link, chosen, now=now)
    return None


def _choices(link: UnsubscribeLink, shown: Subscription) -> PageAnswer:
    """Ask what to keep."""
    wants, topics = shown.wants, shown.found.topics
    boxes = "".join(
        _box(one, checked=not wants.unsubscribe_all and wants.topics[one.name] == OPT_IN)
        for one in topics
    )
    save = f'<button name="action" value="{_SAVE}">Save</button>' if topics else ""
    leave = f'<button name="action" value="{_ALL}">Unsubscribe from everything</button>'
    state = "<p>You are unsubscribed from everything.</p>" if wants.unsubscribe_all else ""
    body = (
        f"<p>Mail to <strong>{html.escape(link.address)}</strong>.</p>{state}"
        f'<form method="post">{boxes}{save}{leave}</form>'
        "<p>Nothing changes until you press a button.</p>"
    )
    return _answer(200, "What do you want to get?", body)


def _box(topic: Topic, *, checked: bool) -> str:
    about = f"<small>{html.escape(topic.description)}</small>" if topic.description else ""
    return (
        f'<label><input type="checkbox" name="topic" value="{html.escape(topic.name)}"'
        f"{' checked' if checked else ''}> {html.escape(topic.display_name)}{about}</label>"
    )


def _changed(link: UnsubscribeLink, shown: Subscription) -> PageAnswer:
    """Say what holds now."""
    wants = shown.wants
    kept = [
        one.display_name
        for one in shown.found.topics
        if not wants.unsubscribe_all and wants.topics[one.name] == OPT_IN
    ]
    listed = "".join(f"<li>{html.escape(name)}</li>" for name in kept)
    still = f"<p>You still get:</p><ul>{listed}</ul>" if kept else ""
    left = wants.unsubscribe_all or (link.topic and wants.topics.get(link.topic, "") != OPT_IN)
    title = "You are unsubscribed" if left else "Saved"
    return _answer(200, title, f"<p>{html.escape(link.address)}</p>{still}")


def _gone() -> PageAnswer:
    return _answer(200, "You are unsubscribed", "<p>This list is no more.</p>")


def _not_now() -> PageAnswer:
    return _answer(503, "Not now", "<p>Please try again in a moment.</p>")


def _answer(status: int, title: str, body: str) -> PageAnswer:
    page = _PAGE.format(title=html.escape(title), body=body)
    return PageAnswer(status=status, body=page.encode())
