"""Rendering a message for the wire: for each reader of a list, tracked as planned, then signed.

Takes a message and its content, composed (`templated`), hands on its `Copies`. Recipients of a
message that names none of them share one copy; under tracking each gets an own one, made by filling
holes in what was prepared once (`tracked_copy`). The signature is made in a thread, since RSA lets
go of the interpreter meanwhile: two threads sign nearly twice as fast as one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pillarbox.base.clock import now_ms
from pillarbox.model.contacts import ListPlan
from pillarbox.model.queued import Message
from pillarbox.model.sender import selector_of
from pillarbox.model.tracking import ANONYMOUS, TokenKey, TrackingPlan
from pillarbox.proto.dkim import Signer, sign
from pillarbox.render.list_copy import list_copy
from pillarbox.render.tracked_copy import TrackedCopy, track

#: Octets of a message from which on its tracking is worked out in a thread.
LARGE = 256 * 1024
T = TypeVar("T")


class PrivateKeys(Protocol):
    """Where the keys to sign with come from."""

    def find(self, token: str) -> Awaitable[RSAPrivateKey | None]:
        """Give the private key of a DKIM token."""


class Copies(Protocol):
    """One message as it goes out to each of its recipients."""

    def copy_for(self, position: int) -> Awaitable[Sequence[bytes]]:
        """Give the pieces to send to a recipient, in order."""


#: Gives the domain and the DKIM token that the service signs with.
ServiceSigning = Callable[[], Awaitable[tuple[str, str]]]


class Rendering:
    """Renders messages; `threads` do the signing, `token_key` gives the key of tracked URLs,
    `unsubscribe_key` signs unsubscribe links. `service`: whose signature goes beside the sender's,
    None for nobody's.
    """

    def __init__(
        self,
        keys: PrivateKeys,
        threads: Executor,
        token_key: Callable[[], TokenKey],
        unsubscribe_key: bytes = b"",
        service: ServiceSigning | None = None,
    ) -> None:
        self._keys = keys
        self._threads = threads
        self._token_key = token_key
        self._unsubscribe_key = unsubscribe_key
        self._service = service
        self._service_signing: tuple[str, str] | None = None

    async def render(self, message: Message, content: bytes) -> Copies:
        """Prepare a message for its recipients.

        Raises LookupError without a key to sign with: never unsigned without a word, the pipeline
        records it and tries again later.
        """
        press = _Press(await self._find_signers(message), self._threads)
        if message.list_plan is not None:
            return _ListCopies(len(content), self._list_copy(message, content), press)
        if message.tracking is None:
            return _SharedCopies(await press.sign(content))
        plan = msgspec.json.decode(message.tracking, type=TrackingPlan)
        key = self._token_key()
        copy = await press.work(len(content), partial(track, content, message.id, plan, key))
        if copy.personal:
            return _PersonalCopies(copy, press)
        return _SharedCopies(await press.sign(copy.for_recipient(ANONYMOUS)))

    def _list_copy(self, message: Message, content: bytes) -> Callable[[int], bytes]:
        """Give what makes a recipient's copy of mail to a contact list, tracked as planned."""
        lists = msgspec.json.decode(message.list_plan or "", type=ListPlan)
        copy = partial(list_copy, content, message, lists, self._unsubscribe_key)
        if message.tracking is None:
            return copy
        plan = msgspec.json.decode(message.tracking, type=TrackingPlan)
        key = self._token_key()
        return lambda position: track(copy(position), message.id, plan, key).for_recipient(position)

    async def _find_signers(self, message: Message) -> Sequence[Signer]:
        """Find who signs: the sender's domain, then the service's own where that is set."""
        found = []
        if message.signing_domain is not None and message.signing_token is not None:
            found.append(await self._signer(message.signing_domain, message.signing_token))
        if self._service is not None:
            if self._service_signing is None:
                self._service_signing = await self._service()
            domain, token = self._service_signing
            if domain != message.signing_domain:
                found.append(await self._signer(domain, token))
        return found

    async def _signer(self, domain: str, token: str) -> Signer:
        key = await self._keys.find(token)
        if key is None:
            raise LookupError(f"no key for the DKIM token {token}")
        return Signer(domain, selector_of(token), key)


@dataclass(frozen=True, slots=True)
class _Press:
    """Signs, and does large work, in threads."""

    signers: Sequence[Signer]
    threads: Executor

    async def sign(self, content: bytes) -> Sequence[bytes]:
        """Give the pieces of a message as it goes out."""
        if not self.signers:
            return (content,)
        loop, now_s = asyncio.get_running_loop(), now_ms() // 1000
        headers = await loop.run_in_executor(self.threads, _signed, content, self.signers, now_s)
        return headers, content

    async def work(self, size: int, work: Callable[[], T]) -> T:
        """Do what takes as long as `size` octets are many, out of the loop when that is long."""
        if size <= LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


@dataclass(frozen=True, slots=True)
class _SharedCopies:
    """The same for everyone."""

    pieces: Sequence[bytes]

    async def copy_for(self, position: int) -> Sequence[bytes]:  # noqa: ARG002 - see Copies
        """Give the pieces that all get."""
        return self.pieces


@dataclass(frozen=True, slots=True)
class _PersonalCopies:
    """An own one for each."""

    copy: TrackedCopy
    press: _Press

    async def copy_for(self, position: int) -> Sequence[bytes]:
        """Fill the holes for a recipient, and sign."""
        fill = partial(self.copy.for_recipient, position)
        return await self.press.sign(await self.press.work(self.copy.size, fill))


@dataclass(frozen=True, slots=True)
class _ListCopies:
    """An own one for each, with its own way to unsubscribe. `size`: octets, about."""

    size: int
    make: Callable[[int], bytes]
    press: _Press

    async def copy_for(self, position: int) -> Sequence[bytes]:
        """Make a recipient's copy, and sign it."""
        return await self.press.sign(await self.press.work(self.size, partial(self.make, position)))


def _signed(content: bytes, signers: Sequence[Signer], now_s: int) -> bytes:
    """Give the signatures' headers; each signs the message, and none another's signature."""
    return b"".join(sign(content, signer, now_s) for signer in signers)
