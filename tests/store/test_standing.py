"""The newest mail that stands for each name, added up in the store as the model adds it up."""

import random

import pytest
from sqlalchemy import insert

from pillarbox.model.reputation import HOUR_MS, Scope, Volume, representative
from pillarbox.store.coming_back.reputation import newest_by_name
from pillarbox.store.tables import reputation_counts
from tests.store.rows import ACCOUNT, NOW

SINCE = NOW - 720 * HOUR_MS
NAMES = [f"d{number}.example" for number in range(12)]


def rows(seed, scope=Scope.DOMAIN, account=ACCOUNT):
    """Give counts of two workers in hours here and there, some older than is looked at."""
    rng = random.Random(seed)
    return [
        {
            "scope": scope,
            "account_id": account,
            "name": name,
            "bucket": NOW - hour * HOUR_MS,
            "worker": worker,
            "sent": rng.choice([0, 1, 3, 50]),
            "bounces": rng.randrange(3),
            "complaints": rng.randrange(2),
        }
        for name in NAMES
        for hour in rng.sample(range(760), rng.randrange(1, 60))
        for worker in rng.sample(["a/0", "a/1"], rng.randrange(1, 3))
    ]


def stands(counted, name, start, least):
    """Give what the model takes of a name's counts."""
    hours: dict[int, Volume] = {}
    for row in counted:
        if row["name"] == name and row["bucket"] >= max(SINCE, start):
            volume = Volume(row["sent"], row["bounces"], row["complaints"])
            hours[row["bucket"]] = hours.get(row["bucket"], Volume()) + volume
    found = representative(list(hours.items()), least=least, now=NOW)
    return (found.since, found.volume) if hours else None


@pytest.mark.parametrize("least", [1, 40, 100_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_store_takes_the_hours_that_the_model_takes(store, seed, least):
    counted = rows(seed)
    with store.transaction() as conn:
        conn.execute(insert(reputation_counts), counted)
        conn.execute(insert(reputation_counts), rows(seed, account="222222222222"))
        conn.execute(insert(reputation_counts), rows(seed, scope=Scope.SET))
    starts = {name: NOW - 99 * number * HOUR_MS for number, name in enumerate(NAMES[:8])}
    starts |= dict.fromkeys(NAMES[8:11], 0)
    with store.engine.begin() as conn:
        found = newest_by_name(conn, Scope.DOMAIN, ACCOUNT, starts, since=SINCE, least=least)
    wanted = {name: stands(counted, name, start, least) for name, start in starts.items()}
    assert found == {name: one for name, one in wanted.items() if one is not None}
