"""The keys of tracking URLs: one set for all nodes, rotation without breaking what was signed."""

import stat

import pytest
from sqlalchemy import insert

from pillarbox.base.errors import PillarboxError, StartError
from pillarbox.base.secrets import Sealer
from pillarbox.store.store import Store
from pillarbox.store.tables import tracking_keys
from pillarbox.store.tracking.keys import list_tracking_keys
from pillarbox.track.keys import (
    KEY_IDS,
    SPREAD_MS,
    TrackingKeys,
    ensure_tracking_key,
    rotate_tracking_key,
)
from tests.store.rows import NOW

SEALER = Sealer(b"m" * 32)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "track" / "keys.json"


def test_the_first_key_is_made_once(store: Store, cache) -> None:
    with store.transaction() as conn:
        first = ensure_tracking_key(conn, SEALER, NOW)
        assert ensure_tracking_key(conn, SEALER, NOW + 1) == first
    keys = TrackingKeys(SEALER, cache)
    keys.update(first)
    assert keys.current(NOW).id == 0
    assert keys.current(NOW).secret == keys.find(0)
    assert len(keys.current(NOW).secret) == 32


def test_a_new_key_verifies_at_once_and_signs_when_every_node_knows_it(store: Store, cache) -> None:
    with store.transaction() as conn:
        ensure_tracking_key(conn, SEALER, NOW - SPREAD_MS)
        rotate_tracking_key(conn, SEALER, NOW)
        rows = list_tracking_keys(conn)
    keys = TrackingKeys(SEALER, cache)
    keys.update(rows)
    assert keys.find(1) not in {None, keys.find(0)}
    assert keys.find(2) is None
    assert [keys.current(NOW + after).id for after in (0, SPREAD_MS - 1, SPREAD_MS)] == [0, 0, 1]
    assert [row.retired_at for row in rows] == [NOW + SPREAD_MS, None]


def test_a_node_verifies_from_its_cache_without_the_store(store: Store, cache) -> None:
    with store.transaction() as conn:
        rows = ensure_tracking_key(conn, SEALER, NOW)
    first = TrackingKeys(SEALER, cache)
    first.update(rows)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert first.current(NOW).secret not in cache.read_bytes()
    restarted = TrackingKeys(SEALER, cache)
    restarted.read_cache()
    assert restarted.current(NOW) == first.current(NOW)


def test_the_cache_does_not_open_with_another_master_key(store: Store, cache) -> None:
    with store.transaction() as conn:
        TrackingKeys(SEALER, cache).update(ensure_tracking_key(conn, SEALER, NOW))
    with pytest.raises(StartError, match="tracking_keys/0 does not open"):
        TrackingKeys(Sealer(b"x" * 32), cache).read_cache()


@pytest.mark.parametrize("content", [None, b"", b"[]", b'[{"id":1}]', b"\xff"])
def test_without_a_readable_cache_no_key_is_known(cache, content) -> None:
    if content is not None:
        cache.parent.mkdir()
        cache.write_bytes(content)
    keys = TrackingKeys(SEALER, cache)
    keys.read_cache()
    assert not keys.known
    assert keys.find(0) is None
    with pytest.raises(StartError, match="no tracking key"):
        keys.current(NOW)


def test_a_key_that_was_known_verifies_for_ever(store: Store, cache) -> None:
    keys = TrackingKeys(SEALER, cache)
    with store.transaction() as conn:
        keys.update(ensure_tracking_key(conn, SEALER, NOW))
    known = keys.find(0)
    keys.update(())
    assert keys.find(0) == known


def test_the_257th_key_would_break_mail_and_is_refused(store: Store) -> None:
    with store.transaction() as conn:
        rows = [
            {"id": n, "secret_sealed": b"x", "created_at": NOW + n, "retired_at": None}
            for n in range(KEY_IDS)
        ]
        conn.execute(insert(tracking_keys), rows)
        with pytest.raises(PillarboxError, match="all 256 tracking keys are in use"):
            rotate_tracking_key(conn, SEALER, NOW + KEY_IDS)
