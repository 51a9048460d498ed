"""Pillarbox's own calls, `/_pillarbox/…`: what no API of AWS answers (design §6).

`GET /_pillarbox/events?message_id=` gives a message's event records, `/_pillarbox/attempts` every
attempt to deliver it with its conversation; `GET /_pillarbox/captured`
gives the captured messages of capture mode, newest first, a page at a time. All stay within the
caller's account; all answer without a signature to a client on the same machine (`local_caller`).
"""

import asyncio
import ipaddress
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from pillarbox.base.clock import iso8601
from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.base.ids import row_id_of
from pillarbox.deliver.capture import CapturedMessage, captured_files, read_captured
from pillarbox.manage.seen.attempts import MOST, list_attempts
from pillarbox.model.attempt_record import AttemptOnRecord
from pillarbox.model.credentials import Caller
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from pillarbox.wire.http.asgi import Scope
from pillarbox.wire.http.operation import Call, Operation

DEFAULT_PAGE, MAX_PAGE = 100, 1000


class EventsRequest(Struct, frozen=True, kw_only=True):
    """Which message's events."""

    message_id: str


class AttemptsRequest(Struct, frozen=True, kw_only=True):
    """Which message's attempts; `limit`: the last ones."""

    message_id: str
    limit: Annotated[int, Meta(ge=1, le=MOST)] = MOST


class CapturedRequest(Struct, frozen=True, kw_only=True):
    """Which captured messages; `before`: only those accepted before this message id."""

    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE
    before: str | None = None


class OwnCalls:
    """The handlers; `mailbox`: the folder of capture mode, None in the other modes."""

    def __init__(self, store: Store, mailbox: Path | None) -> None:
        self._store = store
        self._mailbox = mailbox

    def operations(self) -> tuple[Operation[Any], ...]:
        """Give the calls as operations of the API listener."""
        return (
            Operation(
                name="GetMessageEvents",
                method="GET",
                path="/_pillarbox/events",
                request=EventsRequest,
                handler=self.events,
                query=("message_id",),
                unsigned_locally=True,
                metered=False,
            ),
            Operation(
                name="GetMessageAttempts",
                method="GET",
                path="/_pillarbox/attempts",
                request=AttemptsRequest,
                handler=self.attempts,
                query=("message_id", "limit"),
                unsigned_locally=True,
                metered=False,
            ),
            Operation(
                name="ListCapturedMessages",
                method="GET",
                path="/_pillarbox/captured",
                request=CapturedRequest,
                handler=self.captured,
                query=("limit", "before"),
                unsigned_locally=True,
                metered=False,
            ),
        )

    async def events(self, call: Call[EventsRequest]) -> list[dict[str, Any]]:
        """Give the events of one message in the order in which they happened."""
        row_id, account_id = _row_id(call.request.message_id), call.caller.account_id
        return await self._store.read(lambda conn: message_events(conn, account_id, row_id))

    async def attempts(self, call: Call[AttemptsRequest]) -> list[dict[str, Any]]:
        """Give the attempts to deliver one message, the oldest first."""
        row_id, account_id = _row_id(call.request.message_id), call.caller.account_id
        found = await self._store.read(
            lambda conn: list_attempts(
                conn, row_id, account_id=account_id, limit=call.request.limit
            )
        )
        return [_shown(one) for one in found]

    async def captured(self, call: Call[CapturedRequest]) -> list[CapturedMessage]:
        """Give captured messages, the newest first."""
        if self._mailbox is None:
            raise NotFound("Nothing is captured: this service delivers its mail.")
        return await asyncio.to_thread(
            _page, self._mailbox, call.caller.account_id, call.request.limit, call.request.before
        )


def _row_id(message_id: str) -> bytes:
    row_id = row_id_of(message_id)
    if row_id is None:
        raise BadRequest(f"{message_id} is not a message id.")
    return row_id


def _shown(one: AttemptOnRecord) -> dict[str, Any]:
    return {
        "recipient": one.recipient,
        "timestamp": iso8601(one.ended_at),
        "outcome": one.outcome,
        "reply": one.reply,
        **one.conversation,
    }


def _page(mailbox: Path, account_id: str, limit: int, before: str | None) -> list[CapturedMessage]:
    past = "" if before is None else _row_id(before).hex()
    files = captured_files(mailbox, account_id, past=past)
    found = (read_captured(file) for file in islice(files, limit))
    return [one for one in found if one is not None]


def local_caller(account_id: str, loopback_listener: bool, scope: Scope) -> Caller | None:
    """Give the caller of an unsigned request of this very machine, None for any other.

    Only where the listener is bound to loopback, the Host is loopback, and nothing says that the
    request was forwarded for somebody else, or that a page of another site had a browser make it.
    """
    if not loopback_listener:
        return None
    headers = dict(scope["headers"])
    forwarded = any(name == b"forwarded" or name.startswith(b"x-forwarded") for name in headers)
    if (
        forwarded
        or not _is_own_origin(headers.get(b"origin"))
        or not _is_loopback_host(headers.get(b"host", b"").decode("latin-1"))
    ):
        return None
    client = scope.get("client")
    return Caller(account_id=account_id, access_key_id="", source_ip=client[0] if client else "")


def _is_own_origin(origin: bytes | None) -> bool:
    """Tell whether the Origin (RFC 6454), which browsers send with what changes things, is ours."""
    if origin is None:
        return True
    return _is_loopback_host(origin.decode("latin-1").partition("://")[2])


def _is_loopback_host(host: str) -> bool:
    name = host.rpartition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
