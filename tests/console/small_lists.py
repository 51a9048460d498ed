"""Small lists, each with rows in an order that is none of its own, and what sorts them."""

from sqlalchemy import insert

from pillarbox.base.ids import uuid7
from pillarbox.manage.addresses import dedicated_pools
from pillarbox.manage.addresses import stock as address_stock
from pillarbox.manage.addresses.dedicated_pools import NewPool
from pillarbox.manage.addresses.stock import NewAddress
from pillarbox.manage.recipients.contact_lists import NewContactList, create_contact_list
from pillarbox.manage.sets.event_destinations import create_event_destination
from pillarbox.manage.tracking.settings import set_account_tracking, set_domain_tracking
from pillarbox.model.event_destination import Pinpoint, Sns
from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.model.warmup import Volume, day_of
from pillarbox.store.addresses.dedicated_ips import update_address
from pillarbox.store.addresses.shaping import write_state
from pillarbox.store.addresses.warmup_volume import take_volume
from pillarbox.store.tables import outbox, topic_subscriptions, topics
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import add_configuration_set, add_identity
from tests.store.tracking_rows import add_host

BASE = f"/console/{ACCOUNT}"
#: In the order in which they are made; values repeat, so that pages end between equal ones.
NAMES = ["news", "auth", "bulk", "shop", "care", "misc", "team"]
HOSTS = [f"{name}.example" for name in NAMES]
STATES = ["SUCCESS", "FAILED", "PENDING", "TEMPORARY_FAILURE", "SUCCESS", "PENDING", "FAILED"]
TROUBLE = ["FAILED", "TEMPORARY_FAILURE", "PENDING", "SUCCESS"]
APPLICATION = Pinpoint(f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{'0f' * 16}")
ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:"


def stock(account_id, number, node="n1"):
    return NewAddress(
        address=f"192.0.2.{number}", helo="a.test", node=node, account_id=account_id, pool=None
    )


def make_pools(conn):
    for number, name in enumerate(NAMES):
        dedicated_pools.create_pool(conn, ACCOUNT, NewPool(name=name), now=NOW)
        for place in range(number % 3):
            new = stock(ACCOUNT, 10 * number + place)
            address_stock.add_address(conn, new, now=NOW)
            move(conn, new.address, name)
    dedicated_pools.create_pool(conn, OTHER, NewPool(name="secret"), now=NOW)


def move(conn, address, pool):
    update_address(conn, ACCOUNT, address, {"pool": pool})


def make_stock(conn):
    for number in range(7):
        owner = (ACCOUNT, OTHER, None)[number % 3]
        address_stock.add_address(conn, stock(owner, 10 + number, f"n{number % 2}"), now=NOW)
        if owner:
            take_volume(conn, Volume(f"192.0.2.{10 + number}", day_of(NOW)), 7 - number, 50)


def make_pool(conn):
    make_stock(conn)
    dedicated_pools.create_pool(conn, ACCOUNT, NewPool(name="bulk"), now=NOW)
    for number in range(0, 7, 3):
        move(conn, f"192.0.2.{10 + number}", "bulk")


def make_topics(conn):
    for number, name in enumerate(NAMES):
        add_topic(conn, ACCOUNT, name)
        for place in range(number % 3):
            add_hook(conn, name, f"https://{place}.test/", confirmed=place == 0)
    add_topic(conn, OTHER, "secret")


def add_topic(conn, account_id, name):
    row = {"arn": ARN.replace(ACCOUNT, account_id) + name, "name": name, "created_at": NOW}
    row |= {"account_id": account_id, "signature_version": "1"}
    conn.execute(insert(topics).values(row))


def add_hook(conn, topic, url, *, confirmed=True):
    row = {"id": uuid7(NOW), "topic_arn": ARN + topic, "endpoint": url, "raw": True}
    row |= {"token": url, "created_at": NOW, "confirmed_at": NOW if confirmed else None}
    conn.execute(insert(topic_subscriptions).values(row))
    return row["id"]


def make_hooks(conn):
    add_topic(conn, ACCOUNT, "news")
    for number, host in enumerate(HOSTS):
        where = add_hook(conn, "news", host, confirmed=number % 2 == 0)
        for _ in range(number):
            row = {"event_id": uuid7(NOW - 1000 * number), "destination_id": where}
            row |= {"account_id": ACCOUNT, "message_id": uuid7(NOW), "shard": 0}
            conn.execute(insert(outbox).values(row | {"due_at": NOW, "attempts": 0}))


def make_lists(conn):
    for number, name in enumerate(NAMES):
        made = NewContactList(name=name)
        create_contact_list(conn, ACCOUNT, made, now=NOW + number % 4, most=99)
    create_contact_list(conn, OTHER, NewContactList(name="secret"), now=NOW)


def make_trace_domains(conn):
    for host, state, https in zip(HOSTS, STATES, STATES[::-1], strict=True):
        add_host(conn, host, status=state, https_status=https)
    add_host(conn, "secret.example", account_id=OTHER)


def make_senders(conn):
    for host in HOSTS:
        add_identity(conn, host, account_id=ACCOUNT, status="SUCCESS")
    everything = {"now": NOW, "everything_verified": True}
    account = TrackingSetting(enabled=True, dimension="DOMAIN", opens=True, clicks=True)
    set_account_tracking(conn, ACCOUNT, account, **everything)
    for number, host in enumerate(HOSTS):
        if number % 3:
            own = TrackingSetting(enabled=number % 3 == 1, opens=True)
            set_domain_tracking(conn, ACCOUNT, host, own, **everything)


def make_groups(conn):
    for number, name in enumerate(HOSTS):
        write_state(conn, name, 0.25 * (1 + number % 3), "no", NOW + number % 4, NOW + number % 4)


def make_destinations(conn):
    add_configuration_set(conn, "spring")
    for number, name in enumerate(NAMES):
        target = Sns(ARN + "news") if number % 2 else APPLICATION
        create_event_destination(
            conn,
            ACCOUNT,
            "spring",
            name,
            enabled=number % 3 > 0,
            event_types=["SEND"],
            targets=(target,),
            now=NOW,
        )


def by(values, names=NAMES):
    return dict(zip(names, values, strict=True))


def trouble(states):
    return by((TROUBLE.index(one) for one in states), HOSTS)


ROUND = by(number % 3 for number in range(7))
ADDRESSES = [f"192.0.2.{10 + number}" for number in range(7)]
TRACKING = f"{BASE}/tracking"
SPRING = f"{BASE}/sets/spring"
POOL = f"{BASE}/ips/pools/bulk"
HOOKS = f"{BASE}/topics/news"
#: Address, sort, who makes its rows, their names, by what it sorts them; whether it has pages in
#: this order.
LISTS = {
    "pools-name": (f"{BASE}/ips/pools", "name", make_pools, NAMES, {}, True),
    "pools-addresses": (f"{BASE}/ips/pools", "addresses", make_pools, NAMES, ROUND, True),
    "pool-address": (POOL, "address", make_pool, ADDRESSES[::3], {}, True),
    "pool-sent": (POOL, "sent", make_pool, ADDRESSES[::3], by((3, 2, 1), ADDRESSES[::3]), False),
    "stock-address": ("/console/addresses", "address", make_stock, ADDRESSES, {}, True),
    "stock-node": (
        "/console/addresses",
        "node",
        make_stock,
        ADDRESSES,
        by((number % 2 for number in range(7)), ADDRESSES),
        False,
    ),
    "topics-name": (f"{BASE}/topics", "name", make_topics, NAMES, {}, True),
    "topics-webhooks": (f"{BASE}/topics", "webhooks", make_topics, NAMES, ROUND, False),
    "topics-confirmed": (
        f"{BASE}/topics",
        "confirmed",
        make_topics,
        NAMES,
        by(min(1, number % 3) for number in range(7)),
        False,
    ),
    "hooks-url": (HOOKS, "url", make_hooks, HOSTS, {}, True),
    "hooks-state": (
        HOOKS,
        "state",
        make_hooks,
        HOSTS,
        by((number % 2 == 0 for number in range(7)), HOSTS),
        False,
    ),
    "hooks-waiting": (HOOKS, "waiting", make_hooks, HOSTS, by(range(7), HOSTS), False),
    "lists-name": (f"{BASE}/contacts", "name", make_lists, NAMES, {}, True),
    "lists-changed": (
        f"{BASE}/contacts",
        "changed",
        make_lists,
        NAMES,
        by(number % 4 for number in range(7)),
        False,
    ),
    "trace-domain": (f"{TRACKING}/domains", "domain", make_trace_domains, HOSTS, {}, True),
    "trace-state": (
        f"{TRACKING}/domains",
        "state",
        make_trace_domains,
        HOSTS,
        trouble(STATES),
        True,
    ),
    "trace-https": (
        f"{TRACKING}/domains",
        "https",
        make_trace_domains,
        HOSTS,
        trouble(STATES[::-1]),
        True,
    ),
    "senders-domain": (f"{TRACKING}/statistics", "domain", make_senders, HOSTS, {}, True),
    "senders-setting": (
        f"{TRACKING}/statistics",
        "setting",
        make_senders,
        HOSTS,
        by((("follow", "own", "never")[number % 3] for number in range(7)), HOSTS),
        True,
    ),
    "groups-group": ("/console/shaping", "group", make_groups, HOSTS, {}, True),
    "groups-now": (
        "/console/shaping",
        "now",
        make_groups,
        HOSTS,
        by((number % 3 for number in range(7)), HOSTS),
        True,
    ),
    "groups-complaint": (
        "/console/shaping",
        "complaint",
        make_groups,
        HOSTS,
        by((number % 4 for number in range(7)), HOSTS),
        True,
    ),
    "destinations-name": (SPRING, "name", make_destinations, NAMES, {}, False),
    "destinations-kind": (
        SPRING,
        "kind",
        make_destinations,
        NAMES,
        by(number % 2 for number in range(7)),
        False,
    ),
    "destinations-state": (
        SPRING,
        "state",
        make_destinations,
        NAMES,
        by(number % 3 > 0 for number in range(7)),
        False,
    ),
}
