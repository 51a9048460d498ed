"""The key that the service signs its own mail with: one for the deployment, served in its zone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.records import zone_records
from pillarbox.model.account import SERVICE_ACCOUNT
from pillarbox.store.identity.dkim_tokens import list_keys, list_public_keys
from tests.store.identity_world import SEALER
from tests.store.rows import NOW

NAMES = ServiceNames("mail.test")


@pytest.fixture
def keys(store):
    with ThreadPoolExecutor(2) as threads:
        yield DkimKeys(store, SEALER, threads)


async def test_workers_that_start_together_make_one_key(store, keys):
    made = await asyncio.gather(*(keys.service_signing(NAMES.domain) for _ in range(3)))
    assert set(made) == {made[0]}
    with store.transaction() as conn:
        (key,) = list_keys(conn, SERVICE_ACCOUNT, NAMES.domain)
    assert made[0] == (NAMES.domain, key.token)
    assert (await keys.find(key.token)).key_size == 2048
    assert await keys.find_public_record(key.token) == key.public_key


async def test_the_zone_has_it_under_the_services_own_name_only(store, keys):
    _, token = await keys.service_signing(NAMES.domain)
    with store.transaction() as conn:
        customers = list_public_keys(conn, NOW)
        (key,) = list_keys(conn, SERVICE_ACCOUNT, NAMES.domain)
    assert customers == []
    records = zone_records(NAMES, customers, [(key.selector, key.public_key)])
    assert [one.name for one in records if "the key" in one.purpose] == [
        f"{token}._domainkey.mail.test"
    ]
