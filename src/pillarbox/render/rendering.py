"""Rendering a message for the wire: its DKIM signature, and the content as it was accepted.

The signature is made in a thread, since RSA lets go of the interpreter meanwhile: two threads sign
nearly twice as fast as one. All recipients of a message share the rendering for as long as it is
the same.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import Executor
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from pillarbox.base.clock import now_ms
from pillarbox.model.queued import Message
from pillarbox.model.sender import selector_of
from pillarbox.proto.dkim import Signer, sign


class PrivateKeys(Protocol):
    """Where the keys to sign with come from."""

    def find(self, token: str) -> Awaitable[RSAPrivateKey | None]:
        """Give the private key of a DKIM token."""


class Rendering:
    """Renders messages; `threads` do the signing."""

    def __init__(self, keys: PrivateKeys, threads: Executor) -> None:
        self._keys = keys
        self._threads = threads

    async def render(self, message: Message, content: bytes) -> Sequence[bytes]:
        """Give the pieces to send, in order."""
        if message.signing_domain is None or message.signing_token is None:
            return (content,)
        key = await self._keys.find(message.signing_token)
        if key is None:
            # Never unsigned without a word: the pipeline records it and tries again later.
            raise LookupError(f"no key for the DKIM token {message.signing_token}")
        signer = Signer(message.signing_domain, selector_of(message.signing_token), key)
        loop = asyncio.get_running_loop()
        now_s = now_ms() // 1000
        header = await loop.run_in_executor(self._threads, sign, content, signer, now_s)
        return header, content
