"""The quota of 24 hours over several workers that accept side by side, on both engines."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from pillarbox.accept.commit import Acceptance
from pillarbox.base.errors import LimitExceeded
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts, send_counts
from tests.store.accepting import POLICY, mail

LIMIT, WORKERS, BATCH = 40, 3, 4


def accept_until_refused(url: str, number: int) -> int:
    """Accept batches as one worker until one is refused; give how many recipients were taken."""
    store, taken = Store(url, f"node/{number}"), 0
    acceptance = Acceptance(POLICY, f"node/{number}")
    try:
        while True:
            with store.transaction() as conn:
                results = acceptance.accept_batch(conn, [mail() for _ in range(BATCH)])
            taken += sum(isinstance(one, str) for one in results)
            if any(isinstance(one, LimitExceeded) for one in results):
                return taken
    finally:
        store.close()


def test_workers_pass_the_quota_by_what_was_under_way_at_most(world, migrated_url):
    """SQLite's writers take turns: not at all. PostgreSQL's: by one batch of each other worker."""
    world.change(accounts, max_24h=float(LIMIT))
    with ThreadPoolExecutor(WORKERS) as threads:
        taken = sum(threads.map(lambda n: accept_until_refused(migrated_url, n), range(WORKERS)))
    over = 0 if world.store.engine.dialect.name == "sqlite" else (WORKERS - 1) * BATCH
    assert LIMIT <= taken <= LIMIT + over
    with world.store.transaction() as conn:
        counted = conn.execute(select(func.sum(send_counts.c.recipients))).scalar_one()
    assert counted == taken


def test_a_call_is_accepted_while_anything_of_the_quota_is_left(world):
    world.change(accounts, max_24h=2.0)
    many = [f"r{number}@example.org" for number in range(50)]
    world.message(mail("a@example.com", "r@example.org"))
    world.message(mail("a@example.com", *many))
    assert isinstance(world.refused(mail()), LimitExceeded)
