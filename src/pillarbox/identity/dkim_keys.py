"""DKIM keys of identities: made for new ones, opened to sign with, served in DNS.

A domain gets three tokens (facts §7), each the selector of a key. The first signs; the others hold
keys to rotate to. Private keys are sealed in the store, and open ones are kept in memory, the most
used first. Opening one checks its primes, which takes as long as thirty signatures: it is done in a
thread, and once for all who ask meanwhile, since a worker that starts claims hundreds of messages
of one sender at once. A customer may bring a key of their own, with a selector of theirs.
"""

import asyncio
import secrets
import string
from collections import OrderedDict
from concurrent.futures import Executor
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer
from pillarbox.identity.own_key import read_own_key
from pillarbox.model.account import SERVICE_ACCOUNT
from pillarbox.proto.dkim import generate_key, load_key, private_pem, public_record
from pillarbox.store.generations import bump_scope
from pillarbox.store.identity.dkim_tokens import (
    EXTERNAL,
    find_private_key,
    find_public_key,
    list_keys,
)
from pillarbox.store.identity.identities import TokenRow, insert_tokens
from pillarbox.store.store import Store

TOKENS = 3
SERVICE_BITS = 2048
TOKEN_LENGTH = 32
MAX_OPEN_KEYS = 1000
_ALPHABET = string.ascii_lowercase + string.digits


class DkimKeys:
    """The keys of all identities."""

    def __init__(self, store: Store, sealer: Sealer, threads: Executor) -> None:
        self._store = store
        self._sealer = sealer
        self._threads = threads
        self._open: OrderedDict[str, RSAPrivateKey] = OrderedDict()
        self._opening: dict[str, asyncio.Task[RSAPrivateKey | None]] = {}

    async def new_tokens(self, bits: int) -> list[TokenRow]:
        """Make the tokens of a new domain with their keys."""
        loop = asyncio.get_running_loop()
        making = (loop.run_in_executor(self._threads, self._new_token, bits) for _ in range(TOKENS))
        return sorted(await asyncio.gather(*making), key=lambda row: row.token)

    async def service_signing(self, domain: str) -> tuple[str, str]:
        """Give the domain and the key that the service signs its own mail with.

        The first start of a deployment makes the key.
        """
        token = await self._store.read(lambda conn: _service_token(conn, domain))
        if token is None:
            loop = asyncio.get_running_loop()
            row = await loop.run_in_executor(self._threads, self._new_token, SERVICE_BITS)
            token = await self._store.write(lambda conn: _keep_service_key(conn, domain, row))
        return domain, token

    async def next_key(self, token: str, bits: int) -> TokenRow:
        """Make a new key to be served and to sign at a token that has one already."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._further_key, token, bits)

    async def own_key(self, selector: str, private_key: str) -> TokenRow:
        """Read and seal a customer's key for a selector of theirs. Raises BadRequest."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._own_key, selector, private_key)

    async def find(self, token: str) -> RSAPrivateKey | None:
        """Give the private key of a token, None when there is none.

        Raises ServiceUnavailable when the store can't be reached.
        """
        if token in self._open:
            self._open.move_to_end(token)
            return self._open[token]
        task = self._opening.get(token)
        if task is None:
            task = asyncio.create_task(self._open_key(token), name=f"open the key {token}")
            self._opening[token] = task
            task.add_done_callback(lambda _: self._opening.pop(token, None))
        return await asyncio.shield(task)  # one caller who gives up takes nothing from the others

    async def _open_key(self, token: str) -> RSAPrivateKey | None:
        """Read a key from the store, open it in a thread, and keep it."""
        sealed = await self._store.read(lambda conn: find_private_key(conn, token))
        if sealed is None:
            return None
        loop = asyncio.get_running_loop()
        key = await loop.run_in_executor(self._threads, self._unsealed, token, sealed)
        self._open[token] = key
        if len(self._open) > MAX_OPEN_KEYS:
            self._open.popitem(last=False)
        return key

    async def find_public_record(self, token: str) -> str | None:
        """Give the TXT record that is served for a token, None when it is not ours."""
        return await self._store.read(lambda conn: find_public_key(conn, token, now_ms()))

    def _unsealed(self, token: str, sealed: bytes) -> RSAPrivateKey:
        return load_key(self._sealer.open(sealed, _place(token)))

    def _new_token(self, bits: int) -> TokenRow:
        token = "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH))
        return self._row(token, generate_key(bits))

    def _further_key(self, token: str, bits: int) -> TokenRow:
        row = self._row(_name(token), generate_key(bits))
        return replace(row, selector=token, key_bits=bits)

    def _own_key(self, selector: str, private_key: str) -> TokenRow:
        key = read_own_key(private_key)
        row = self._row(_name(selector), key)
        return replace(row, selector=selector, origin=EXTERNAL, key_bits=key.key_size)

    def _row(self, token: str, key: RSAPrivateKey) -> TokenRow:
        return TokenRow(
            token=token,
            private_key_sealed=self._sealer.seal(private_pem(key), _place(token)),
            public_key=public_record(key),
        )


def _name(selector: str) -> str:
    """Name a key of a selector that has others, here or elsewhere."""
    return f"{selector}/{secrets.token_hex(16)}"


def _service_token(conn: Connection, domain: str) -> str | None:
    keys = list_keys(conn, SERVICE_ACCOUNT, domain)
    return next((one.token for one in keys if one.retired_at is None), None)


def _keep_service_key(conn: Connection, domain: str, row: TokenRow) -> str:
    """Keep the service's key, unless another worker was first, whose key then counts."""
    bump_scope(conn, SERVICE_ACCOUNT)  # on PostgreSQL, the second worker waits here for the first
    known = _service_token(conn, domain)
    if known is not None:
        return known
    insert_tokens(conn, SERVICE_ACCOUNT, domain, [row], now_ms())
    return row.token


def is_token(text: str) -> bool:
    """Tell whether a label can be one of our tokens."""
    return len(text) == TOKEN_LENGTH and text.isascii() and text.isalnum()


def _place(token: str) -> str:
    return f"dkim_tokens/{token}"
