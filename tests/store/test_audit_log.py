"""The audit log on both engines: found by time, kept for so long."""

from dataclasses import replace

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.base.settings import Settings, StoreSettings
from pillarbox.manage.maintenance import DAY_MS, Maintenance
from pillarbox.manage.people.audit import Actor, list_audit, record_audit
from tests.store.rows import ACCOUNT, NOW


def note(store, *moments):
    with store.transaction() as conn:
        for at in moments:
            record_audit(
                conn,
                Actor(name="ada", via="cli"),
                now=at,
                action="queue.retry",
                subject="all",
                account_id=ACCOUNT,
            )


def moments(store, **wanted):
    with store.engine.begin() as conn:
        found = list_audit(conn, account_id=ACCOUNT, limit=9, **wanted)
    return [one.at for one in found]


def test_entries_are_found_from_a_moment_and_before_another(store):
    note(store, NOW, NOW + 10, NOW + 20)
    assert moments(store, since=NOW + 10) == [NOW + 20, NOW + 10]
    assert moments(store, until=NOW + 10) == [NOW]
    assert moments(store, since=NOW + 5, until=NOW + 20) == [NOW + 10]


def test_the_page_behind_an_entry_stays_within_the_time(store):
    note(store, NOW, NOW + 10, NOW + 20)
    with store.engine.begin() as conn:
        newest, *_ = list_audit(conn, account_id=ACCOUNT, limit=1)
    assert moments(store, before=newest.cursor, until=NOW + 30) == [NOW + 10, NOW]
    assert moments(store, before=newest.cursor, until=NOW + 5) == [NOW]


@pytest.mark.parametrize(("days", "left"), [(400, 1), (0, 4)], ids=["400-days", "for-ever"])
async def test_maintenance_removes_what_is_older_than_the_setting(
    store, tmp_path, monkeypatch, days, left
):
    monkeypatch.setattr("pillarbox.manage.maintenance.BATCH", 2)
    now = now_ms()
    old = now - 401 * DAY_MS
    note(store, old, old + 1, old + 2, now - DAY_MS)
    settings = replace(Settings(data=tmp_path), store=StoreSettings(audit_days=days))
    await Maintenance(store, "w", settings).turn()
    assert len(moments(store)) == left
