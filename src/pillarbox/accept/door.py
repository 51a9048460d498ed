"""THE one door: every message, whichever way it came, is accepted here and nowhere else.

Takes a SendRequest; hands on its message id once message, recipients and Send event are committed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.prepare import Api, Stamp, prepare
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.sending_rate import SendingRate
from pillarbox.accept.system_mail import SystemMail, keep_system_mail, prepare_system_mail
from pillarbox.base.errors import ApiError
from pillarbox.model.send import RawContent, SendRequest
from pillarbox.store.store import Store

#: Content above this is composed or checked in a thread, so that nobody else waits for it.
LARGE = 256 * 1024


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

    async def accept(self, request: SendRequest, api: Api = "v2") -> str:
        """Accept one message and give its id; `api`: whose rules for message tags apply.

        Raises the ApiError that refuses it, and ServiceUnavailable when it can't be kept.
        """
        stamp = self._stamp()
        if _size(request) > LARGE:
            loop = asyncio.get_running_loop()
            prepared = await loop.run_in_executor(self._threads, prepare, request, stamp, api)
        else:
            prepared = prepare(request, stamp, api)
        message_id = await self._within_rate(prepared)
        self._accepted()
        return message_id

    async def _within_rate(self, prepared: Prepared) -> str:
        """Decide and store; what is refused has not used up the account's rate."""
        if self._rate is None:
            return await self._decided(prepared)
        account_id, recipients = prepared.caller.account_id, max(1, len(prepared.recipients))
        await self._rate.take(account_id, recipients)
        try:
            return await self._decided(prepared)
        except ApiError:
            self._rate.put_back(account_id, recipients)
            raise

    async def _decided(self, prepared: Prepared) -> str:
        message_id: str = await self._store.submit(
            self._acceptance.accept_batch, prepared, len(prepared.content)
        )
        return message_id

    async def accept_system(self, mail: SystemMail) -> str:
        """Accept a mail of the service itself and give its id.

        Raises MimeError for what can't be written, ServiceUnavailable when it can't be kept.
        """
        stamp = self._stamp()
        prepared = prepare_system_mail(mail, stamp)
        await self._store.write(lambda conn: keep_system_mail(conn, [prepared]))
        self._accepted()
        return stamp.message_id


def _size(request: SendRequest) -> int:
    content = request.content
    if isinstance(content, RawContent):
        return len(content.data)
    texts = sum(len(part.data) for part in (content.text, content.html) if part)
    return texts + sum(len(attachment.data) for attachment in content.attachments)
