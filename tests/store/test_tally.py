"""Metrics of accounts: each stored event is counted once it is committed, and none before."""

import pytest

from pillarbox.observe import account_events
from pillarbox.observe.account_events import AccountEvents
from pillarbox.observe.series import series_exposition
from pillarbox.store.publishing.tally import tell_commits
from tests.store.rows import ACCOUNT, accepted, add_account, put

SERIES = f'pillarbox_account_events_total{{account_id="{ACCOUNT}",type="Send"}}'


def test_what_is_committed_is_counted_and_what_is_rolled_back_is_not(store, tmp_path):
    counted = AccountEvents(tmp_path, 0)
    tell_commits(store.engine, counted.add)
    with store.transaction() as conn:
        add_account(conn)
        put(conn, accepted("a@x.org"), accepted("b@x.org"))
    with pytest.raises(InterruptedError), store.transaction() as conn:
        put(conn, accepted("c@x.org"))
        raise InterruptedError
    with store.transaction() as conn:
        put(conn, accepted("d@x.org"))
    counted.keep()
    assert f"{SERIES} 3" in series_exposition(tmp_path).splitlines()


async def test_what_the_writer_commits_is_counted(store, tmp_path):
    counted = AccountEvents(tmp_path, 0)
    tell_commits(store.engine, counted.add)
    await store.write(add_account)
    await store.write(lambda conn: put(conn, accepted("a@x.org")))
    counted.keep()
    assert f"{SERIES} 1" in series_exposition(tmp_path).splitlines()


def test_accounts_past_the_limit_are_counted_together_and_restarts_keep_counting(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(account_events, "LIMIT", 2)
    for _ in range(2):
        counted = AccountEvents(tmp_path, 0)
        counted.add({(f"{number}", "Send"): 3 for number in range(5)})
        counted.keep()
    assert [line.split()[-1] for line in series_exposition(tmp_path).splitlines()[2:]] == [
        *("18", "6", "6")
    ]
