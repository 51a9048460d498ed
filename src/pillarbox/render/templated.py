"""A message that is made from a template, made.

Takes its TemplatedBody and what it shares with others; hands on the whole message, composed as a
`SimpleContent` is. Templates are parsed once and kept, by their version, which never changes; so is
what a call's messages share. Work is done in a thread: a rendering is bounded, but it may take a
while. What can't be rendered is a RenderingFailure, now and ever.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from pillarbox.model.queued import Message
from pillarbox.model.send import Attachment, SimpleContent, Text
from pillarbox.model.template import (
    RenderingFailure,
    SharedData,
    TemplatedBody,
    TemplateParts,
)
from pillarbox.proto.handlebars.nodes import TemplateError
from pillarbox.proto.handlebars.rendering import Budget, Template
from pillarbox.proto.handlebars.template_data import read_data
from pillarbox.proto.handlebars.values import merge
from pillarbox.proto.mime.compose import compose_under
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import stamp_lines
from pillarbox.store.mail.shared_contents import read_shared
from pillarbox.store.store import Store

#: Octets of encoded templates and shared data that a worker keeps ready.
KEPT_BYTES = 16 * 1024 * 1024
_bodies = msgspec.msgpack.Decoder(TemplatedBody)
_parts = msgspec.msgpack.Decoder(TemplateParts)
_shared = msgspec.msgpack.Decoder(SharedData)

T = TypeVar("T")
ReadShared = Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """A version of a template, parsed. Raises TemplateSyntaxError when it is made."""

    name: str | None
    subject: Template
    text: Template | None
    html: Template | None

    @classmethod
    def parse(cls, parts: TemplateParts) -> "ParsedTemplate":
        """Parse all parts. Raises TemplateSyntaxError."""
        text, html = (
            None if one is None else Template.parse(one) for one in (parts.text, parts.html)
        )
        return cls(parts.name, Template.parse(parts.subject or ""), text, html)

    def render(self, data: Mapping[str, Any]) -> SimpleContent:
        """Fill all parts within one budget; HTML is escaped, text and subject are not.

        Raises MissingAttribute and RenderingError.
        """
        budget = Budget()

        def filled(part: Template | None, *, html: bool) -> Text | None:
            return None if part is None else Text(part.render(data, html=html, budget=budget))

        return SimpleContent(
            subject=Text(self.subject.render(data, html=False, budget=budget)),
            text=filled(self.text, html=False),
            html=filled(self.html, html=True),
        )


@dataclass(frozen=True, slots=True)
class CallData:
    """What the messages of one call share, read."""

    default: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


class Templates:
    """Makes messages of templates; `read` gives what they share, by id."""

    def __init__(self, read: ReadShared, threads: Executor) -> None:
        self._read = read
        self._threads = threads
        self._kept: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    async def compose(self, message: Message, body: bytes) -> bytes:
        """Make a message. Raises RenderingFailure, and LookupError when its template is gone."""
        template = await self._find(message.template_id, _read_template)
        shared = await self._find(message.shared_id, _read_call) or CallData()
        return await self._work(lambda: fill(template, shared, _bodies.decode(body)))

    async def _find(self, row_id: bytes | None, make: Callable[[bytes], Any]) -> Any:
        """Give what a row holds, made once; None for no row. Raises LookupError."""
        if row_id is None:
            return None
        if row_id in self._kept:
            self._kept.move_to_end(row_id)
            return self._kept[row_id][0]
        contents = await self._read([row_id])
        if row_id not in contents:
            raise LookupError(f"what messages share as {row_id.hex()} is gone")
        content = contents[row_id]
        made = await self._work(lambda: make(content))
        self._keep(row_id, made, len(content))
        return made

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _keep(self, row_id: bytes, made: Any, size: int) -> None:
        if row_id in self._kept:
            return
        self._kept[row_id] = made, size
        self._bytes += size
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes -= gone


def open_templates(store: Store, threads: Executor) -> Templates:
    """Give what makes messages of the templates in the store."""
    return Templates(lambda ids: store.read(lambda conn: read_shared(conn, ids)), threads)


def compose_stored(conn: Connection, message: Message, content: bytes) -> bytes:
    """Give a message as it was, or would have been, sent, from what is stored of it.

    One without a template is whole already; of one that can't be made there is nothing.
    """
    if message.template_id is None:
        return content
    ids = [one for one in (message.template_id, message.shared_id) if one is not None]
    contents = read_shared(conn, ids)
    try:
        template = _read_template(contents[message.template_id])
        shared = (
            CallData() if message.shared_id is None else _read_call(contents[message.shared_id])
        )
        return fill(template, shared, _bodies.decode(content))
    except (LookupError, RenderingFailure):
        return b""


def fill(
    template: "ParsedTemplate | RenderingFailure", shared: CallData, body: TemplatedBody
) -> bytes:
    """Render and compose one message. Raises RenderingFailure."""
    if isinstance(template, RenderingFailure):
        raise RenderingFailure(str(template), template.template)
    try:
        content = template.render(merge(shared.default, read_data(body.data)))
        return compose_under(
            body.head,
            replace(content, headers=body.headers, attachments=shared.attachments),
            stamp=stamp_lines(body.date_ms, body.message_id),
            boundary=body.boundary,
        )
    except (TemplateError, MimeError) as error:
        raise RenderingFailure(str(error), template.name) from error


def _read_template(content: bytes) -> ParsedTemplate | RenderingFailure:
    """Parse a template; what is wrong with it is kept, so that it is found once."""
    parts = _parts.decode(content)
    try:
        return ParsedTemplate.parse(parts)
    except TemplateError as error:
        return RenderingFailure(str(error), parts.name)


def _read_call(content: bytes) -> CallData:
    shared = _shared.decode(content)
    return CallData(read_data(shared.default_data), shared.attachments)
