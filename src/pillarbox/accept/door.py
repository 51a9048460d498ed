"""THE one door: every message, whichever way it came, is accepted here and nowhere else.

Takes a SendRequest; hands on its message id once message, recipients and Send event are committed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from pillarbox.accept.commit import Acceptance, Along
from pillarbox.accept.prepare import Api, Stamp, prepare, read_source
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.sending_rate import SendingRate
from pillarbox.accept.system_mail import SystemMail, keep_system_mail, prepare_system_mail
from pillarbox.accept.templated import SharedUse, share
from pillarbox.base.errors import ApiError, TooManyRequests
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
        rate: SendingRate | None = None,
    ) -> None:
        self._store = store
        self._acceptance = acceptance
        self._stamp = stamp
        self._threads = threads
        self._accepted = accepted
        self._rate = rate

    async def accept(
        self, request: SendRequest, api: Api = "v2", along: Along | None = None
    ) -> str:
        """Accept one message and give its id; `api`: whose rules for message tags apply.

        `along`: what its call changes besides, in the same transaction; an ApiError that it raises
        refuses the message. Raises the ApiError that refuses it, after which nothing is changed,
        and ServiceUnavailable when it can't be kept.
        """
        stamp, size = self._stamp(), _size(request)
        shared = await self._share(request, stamp, size)
        prepared = await self._work(size, partial(prepare, request, stamp, api, shared))
        message_id = await self._within_rate(prepared, along)
        self._accepted()
        return message_id

    async def _within_rate(self, prepared: Prepared, along: Along | None) -> str:
        """Decide and store; what is refused has not used up the account's rate."""
        if self._rate is None:
            return await self._decided(prepared, along)
        account_id, recipients = prepared.caller.account_id, _rated(prepared)
        await self._rate.take(account_id, recipients)
        try:
            return await self._decided(prepared, along)
        except ApiError:
            self._rate.put_back(account_id, recipients)
            raise

    async def _decided(self, prepared: Prepared, along: Along | None) -> str:
        if along is not None:
            work = partial(self._acceptance.accept_along, prepared, along)
            return await self._store.write(work, prepared.size)
        message_id: str = await self._store.submit(
            self._acceptance.accept_batch, prepared, prepared.size
        )
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
        ready = [one for one in prepared if isinstance(one, Prepared)]
        results = iter(await self._all_within_rate(ready))
        return [next(results) if isinstance(one, Prepared) else one for one in prepared]

    async def _all_within_rate(self, prepared: Sequence[Prepared]) -> list[str | ApiError]:
        """Decide and store what the rate lets through; what is refused has used up nothing."""
        too_much = await self._beyond_rate(prepared)
        passed = [one for one in prepared if one.id not in too_much]
        try:
            answers = await self._all_decided(passed)
        except ApiError:
            self._put_back(passed)
            raise
        pairs = zip(passed, answers, strict=True)
        self._put_back([one for one, answer in pairs if not _is_id(answer)])
        left = iter(answers)
        return [too_much[one.id] if one.id in too_much else next(left) for one in prepared]

    async def _beyond_rate(self, prepared: Sequence[Prepared]) -> Mapping[bytes, TooManyRequests]:
        """Take messages of one account out of its rate; give the errors of those beyond it."""
        if self._rate is None or not prepared:
            return {}
        account_id = prepared[0].caller.account_id
        errors = await self._rate.take_each(account_id, [_rated(one) for one in prepared])
        pairs = zip(prepared, errors, strict=True)
        return {one.id: error for one, error in pairs if error is not None}

    def _put_back(self, prepared: Sequence[Prepared]) -> None:
        if self._rate is None:
            return
        for one in prepared:
            self._rate.put_back(one.caller.account_id, _rated(one))

    async def _all_decided(self, prepared: Sequence[Prepared]) -> list[str | ApiError]:
        if not prepared:
            return []
        weight = sum(len(one.content) for one in prepared)
        answers: list[str | ApiError] = await self._store.submit(
            self._acceptance.accept_bulk_batch, prepared, weight
        )
        for _ in filter(_is_id, answers):
            self._accepted()
        return answers

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


def _rated(prepared: Prepared) -> int:
    """Give for how many recipients a message counts in its account's rate."""
    return max(1, len(prepared.recipients))


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
