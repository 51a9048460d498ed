"""Rendering a message for the wire: made from its template, tracked as its plan says, then signed.

Takes a message and its content, hands on its `Copies`. Recipients of a message that names none of
them share one copy; under tracking each gets an own one, made by filling holes in what was prepared
once (`tracked_copy`). The signature is made in a thread, since RSA lets go of the interpreter
meanwhile: two threads sign nearly twice as fast as one.
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
from pillarbox.model.queued import Message
from pillarbox.model.sender import selector_of
from pillarbox.model.tracking import ANONYMOUS, TokenKey, TrackingPlan
from pillarbox.proto.dkim import Signer, sign
from pillarbox.render.templated import Templates
from pillarbox.render.tracked_copy import TrackedCopy, track

#: Octets of a message from which on its tracking is worked out in a thread.
LARGE = 256 * 1024
T = TypeVar("T")


class PrivateKeys(Protocol):
    """Where the keys to sign with come from."""

    def find(self, token: str) -> Awaitable[RSAPrivateKey | None]:
        """Give the private key of a DKIM token."""


class Copies(Protocol):
    """One message as it goes out to each of its recipients.

    `head`: the header section of one that was made from a template, for its events.
    """

    @property
    def head(self) -> bytes | None:
        """Give the header section."""

    def copy_for(self, position: int) -> Awaitable[Sequence[bytes]]:
        """Give the pieces to send to a recipient, in order."""


class Rendering:
    """Renders messages; `threads` do the signing, `token_key` gives the key of tracked URLs."""

    def __init__(
        self,
        keys: PrivateKeys,
        threads: Executor,
        token_key: Callable[[], TokenKey],
        templates: Templates,
    ) -> None:
        self._keys = keys
        self._threads = threads
        self._token_key = token_key
        self._templates = templates

    async def render(self, message: Message, content: bytes) -> Copies:
        """Prepare a message for its recipients.

        Raises LookupError without a key to sign with: never unsigned without a word, the pipeline
        records it and tries again later. Raises RenderingFailure for a template that can't be
        rendered.
        """
        head = None
        if message.template_id is not None:
            content = await self._templates.compose(message, content)
            head = content[: content.index(b"\r\n\r\n") + 4]
        press = _Press(await self._find_signer(message), self._threads)
        if message.tracking is None:
            return _SharedCopies(await press.sign(content), head)
        plan = msgspec.json.decode(message.tracking, type=TrackingPlan)
        key = self._token_key()
        copy = await press.work(len(content), partial(track, content, message.id, plan, key))
        if copy.personal:
            return _PersonalCopies(copy, press, head)
        return _SharedCopies(await press.sign(copy.for_recipient(ANONYMOUS)), head)

    async def _find_signer(self, message: Message) -> Signer | None:
        if message.signing_domain is None or message.signing_token is None:
            return None
        key = await self._keys.find(message.signing_token)
        if key is None:
            raise LookupError(f"no key for the DKIM token {message.signing_token}")
        return Signer(message.signing_domain, selector_of(message.signing_token), key)


@dataclass(frozen=True, slots=True)
class _Press:
    """Signs, and does large work, in threads."""

    signer: Signer | None
    threads: Executor

    async def sign(self, content: bytes) -> Sequence[bytes]:
        """Give the pieces of a message as it goes out."""
        if self.signer is None:
            return (content,)
        loop, now_s = asyncio.get_running_loop(), now_ms() // 1000
        return await loop.run_in_executor(self.threads, sign, content, self.signer, now_s), content

    async def work(self, size: int, work: Callable[[], T]) -> T:
        """Do what takes as long as `size` octets are many, out of the loop when that is long."""
        if size <= LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


@dataclass(frozen=True, slots=True)
class _SharedCopies:
    """The same for everyone."""

    pieces: Sequence[bytes]
    head: bytes | None

    async def copy_for(self, position: int) -> Sequence[bytes]:  # noqa: ARG002 - see Copies
        """Give the pieces that all get."""
        return self.pieces


@dataclass(frozen=True, slots=True)
class _PersonalCopies:
    """An own one for each."""

    copy: TrackedCopy
    press: _Press
    head: bytes | None

    async def copy_for(self, position: int) -> Sequence[bytes]:
        """Fill the holes for a recipient, and sign."""
        fill = partial(self.copy.for_recipient, position)
        return await self.press.sign(await self.press.work(self.copy.size, fill))
