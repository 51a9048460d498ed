"""The keys of tracking URLs: made once for a deployment, cached sealed on each node.

What was signed once stays good for ever, so a key is retired and never removed. A new key verifies
at once and signs after SPREAD_MS: by then every node that is up has read it. The cache file lets a
node verify while the store is down and right after a restart without it (design §7).
"""

import logging
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from pillarbox.base.errors import PillarboxError, StartError
from pillarbox.base.secrets import Sealer
from pillarbox.model.tracking import TokenKey
from pillarbox.store.tracking.keys import (
    TrackingKeyRow,
    add_tracking_key,
    list_tracking_keys,
    retire_tracking_keys,
)

SECRET_BYTES = 32
KEY_IDS = 256
#: How long a key is known before it signs; nodes read the keys again more often than that.
SPREAD_MS = 60_000
_log = logging.getLogger(__name__)


def ensure_tracking_key(conn: Connection, sealer: Sealer, now: int) -> Sequence[TrackingKeyRow]:
    """Make the deployment's first key where there is none; give all keys."""
    if not list_tracking_keys(conn):
        add_tracking_key(conn, _new_key(sealer, 0, now))
    return list_tracking_keys(conn)


def rotate_tracking_key(conn: Connection, sealer: Sealer, now: int) -> TrackingKeyRow:
    """Make a new key, which signs from SPREAD_MS on; what was signed before stays good.

    Raises PillarboxError when all 256 ids are in use.
    """
    known = ensure_tracking_key(conn, sealer, now)
    number = (known[-1].id + 1) % KEY_IDS
    if number in {row.id for row in known}:
        raise PillarboxError(
            f"all {KEY_IDS} tracking keys are in use: a new one would break mail sent with the "
            "oldest"
        )
    retire_tracking_keys(conn, now + SPREAD_MS)
    row = _new_key(sealer, number, now)
    add_tracking_key(conn, row)
    return row


def _new_key(sealer: Sealer, number: int, now: int) -> TrackingKeyRow:
    sealed = sealer.seal(secrets.token_bytes(SECRET_BYTES), _place(number))
    return TrackingKeyRow(id=number, secret_sealed=sealed, created_at=now)


def _place(number: int) -> str:
    return f"tracking_keys/{number}"


class TrackingKeys:
    """The keys as one process knows them; `file`: the node's cache of them."""

    def __init__(self, sealer: Sealer, file: Path) -> None:
        self._sealer = sealer
        self._file = file
        self._rows: tuple[TrackingKeyRow, ...] = ()
        self._secrets: dict[int, bytes] = {}

    def find(self, number: int) -> bytes | None:
        """Give the secret of a key id, None for one that this node does not know."""
        return self._secrets.get(number)

    def current(self, now: int) -> TokenKey:
        """Give the key to sign with.

        Raises StartError while none is known.
        """
        if not self._rows:
            raise StartError("no tracking key is known yet")
        settled = [row for row in self._rows if row.created_at + SPREAD_MS <= now]
        number = (settled or self._rows[:1])[-1].id
        return TokenKey(number, self._secrets[number])

    @property
    def known(self) -> bool:
        """Whether there is any key."""
        return bool(self._rows)

    def read_cache(self) -> None:
        """Take the keys from the node's cache; without a readable one none are known."""
        try:
            rows = msgspec.json.decode(self._file.read_bytes(), type=tuple[TrackingKeyRow, ...])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError):
            _log.exception("the cache of tracking keys can't be read")
            return
        self._take(rows)

    def update(self, rows: Iterable[TrackingKeyRow]) -> None:
        """Take the keys as the store has them, and cache them when they have changed."""
        found = tuple(rows)
        if found == self._rows:
            return
        self._take(found)
        try:
            _write_whole(self._file, msgspec.json.encode(found))
        except OSError:
            _log.exception("the tracking keys can't be cached: a restart needs the store")

    def _take(self, rows: tuple[TrackingKeyRow, ...]) -> None:
        # What was known stays: a key never stops verifying.
        opened = {row.id: self._sealer.open(row.secret_sealed, _place(row.id)) for row in rows}
        self._secrets = {**self._secrets, **opened}
        self._rows = rows


def _write_whole(file: Path, content: bytes) -> None:
    """Write a file so that after a crash it is the old one or the new one, for this user only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(file)
