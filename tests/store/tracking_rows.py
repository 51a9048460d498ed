"""Rows of tracking for store tests: event destinations, tracking hosts, tracking settings."""

import msgspec
from sqlalchemy import insert

from pillarbox.base.ids import uuid7
from pillarbox.store.tables import event_destinations, tracking_hosts, tracking_settings
from tests.store.rows import ACCOUNT, NOW


def add_destination(conn, *types, enabled=True, name="all", set_="spring"):
    row = {
        "id": uuid7(NOW),
        "account_id": ACCOUNT,
        "configuration_set": set_,
        "name": name,
        "enabled": enabled,
        "event_types": msgspec.json.encode(types).decode(),
        "kind": "sns",
        "settings": "{}",
        "created_at": NOW,
    }
    conn.execute(insert(event_destinations).values(row))


def add_host(conn, host="t.example.com", **changes):
    row = {
        "host": host,
        "account_id": ACCOUNT,
        "kind": "custom",
        "created_at": NOW,
        "status": "PENDING",
        "check_started_at": NOW,
        "checks": 0,
        "https_status": "PENDING",
        "https_started_at": NOW,
        "https_checks": 0,
    }
    conn.execute(insert(tracking_hosts).values(row | changes))


def add_setting(conn, domain="", **changes):
    row = {
        "account_id": ACCOUNT,
        "domain": domain,
        "enabled": True,
        "dimension": None if domain else "ACCOUNT",
        "opens": True,
        "clicks": False,
        "anonymous": False,
        "mso_comments": True,
        "trap": False,
        "updated_at": NOW,
    }
    conn.execute(insert(tracking_settings).values(row | changes))
