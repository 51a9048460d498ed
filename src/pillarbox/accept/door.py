"""THE one door: every message, whichever way it came, is accepted here and nowhere else.

Takes a SendRequest; hands on its message id once message, recipients and Send event are committed.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.prepare import Api, Stamp, prepare, read_source
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.system_mail import SystemMail, keep_system_mail, prepare_system_mail
from pillarbox.accept.templated import SharedUse, share
from pillarbox.base.errors import ApiError
from pillarbox.model.send import RawContent, SendRequest, TemplatedContent
from pillarbox.store.store import Store

#: Content above this is composed or checked in a thread, so that nobody else waits for it.
LARGE = 256 * 1024
T = TypeVar("T")


class Door:
    """Accepts messages for one worker."""

    def __init__(
        self,
        store: Store,
        acceptance: Acceptance,
        *,
        stamp: Callable[[], Stamp],
        threads: Executor,
        accepted: Callable[[], None],
    ) -> None:
        self._store = store
        self._acceptance = acceptance
        self._stamp = stamp
        self._threads = threads
        self._accepted = accepted

    async def accept(self, request: SendRequest, api: Api = "v2") -> str:
        """Accept one message and give its id; `api`: whose rules for message tags apply.

        Raises the ApiError that refuses it, and ServiceUnavailable when it can't be kept.
        """
        stamp, size = self._stamp(), _size(request)
        shared = await self._share(request, stamp, size)
        prepared = await self._work(size, partial(prepare, request, stamp, api, shared))
        message_id: str = await self._store.submit(
            self._acceptance.accept_batch, prepared, prepared.size
        )
        self._accepted()
        return message_id

    async def accept_bulk(
        self, requests: Sequence[SendRequest], api: Api = "v2"
    ) -> list[str | ApiError]:
        """Accept the messages of one call, whose template is the same, in one transaction.

        Gives for each its id or the ApiError that refuses it. Raises BadRequest for what they
        share, and ServiceUnavailable when they can't be kept.
        """
        if not requests:
            return []
        read_source(requests[0])
        size = max(map(_size, requests))
        shared = await self._share(requests[0], self._stamp(), size)
        prepare_all = partial(_prepare_all, requests, self._stamp, api, shared)
        prepared = await self._work(sum(map(_own_size, requests)), prepare_all)
        allowed = [one for one in prepared if isinstance(one, Prepared)]
        weight = sum(len(one.content) for one in allowed)
        answers = await self._store.submit(self._acceptance.accept_bulk_batch, allowed, weight)
        results = iter(answers)
        for _ in filter(_is_id, answers):
            self._accepted()
        return [next(results) if isinstance(one, Prepared) else one for one in prepared]

    async def _share(self, request: SendRequest, stamp: Stamp, size: int) -> SharedUse | None:
        """Check what the messages of a call share, None without a template."""
        if not isinstance(request.content, TemplatedContent):
            return None
        use, account_id = request.content.use, request.caller.account_id
        return await self._work(size, partial(share, use, account_id, stamp.now))

    async def _work(self, size: int, work: Callable[[], T]) -> T:
        """Do what takes as long as `size` octets are many, out of the loop when that is long."""
        if size <= LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def accept_system(self, mail: SystemMail) -> str:
        """Accept a mail of the service itself and give its id.

        Raises MimeError for what can't be written, ServiceUnavailable when it can't be kept.
        """
        stamp = self._stamp()
        prepared = prepare_system_mail(mail, stamp)
        await self._store.write(lambda conn: keep_system_mail(conn, [prepared]))
        self._accepted()
        return stamp.message_id


def _prepare_all(
    requests: Sequence[SendRequest],
    stamp: Callable[[], Stamp],
    api: Api,
    shared: SharedUse | None,
) -> list[Prepared | ApiError]:
    return [_prepare_one(one, stamp(), api, shared) for one in requests]


def _prepare_one(
    request: SendRequest, stamp: Stamp, api: Api, shared: SharedUse | None
) -> Prepared | ApiError:
    try:
        return prepare(request, stamp, api, shared)
    except ApiError as error:
        return error


def _is_id(result: str | ApiError) -> bool:
    return isinstance(result, str)


def _size(request: SendRequest) -> int:
    content = request.content
    if isinstance(content, RawContent):
        return len(content.data)
    if isinstance(content, TemplatedContent):
        attached = sum(len(attachment.data) for attachment in content.use.attachments)
        return attached + len(content.use.default_data) + len(content.data)
    texts = sum(len(part.data) for part in (content.text, content.html) if part)
    return texts + sum(len(attachment.data) for attachment in content.attachments)


def _own_size(request: SendRequest) -> int:
    content = request.content
    return len(content.data) if isinstance(content, TemplatedContent) else _size(request)
