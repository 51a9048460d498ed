"""`pillarbox doctor` says which provider blocks which sending address."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from pillarbox.store.addresses.address_blocks import Block, write_block
from pillarbox.store.store import Store
from tests.cli.calling import Call
from tests.peers.dnslib_server import DnslibServer

HOUR = 3_600_000


def test_an_address_that_a_provider_blocks_is_a_warning_while_it_lasts(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with DnslibServer({}) as dns:
        for name, value in {
            "LISTEN_API": "127.0.0.1:9",
            "DELIVER_MODE": "direct",
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        call("ips", "add", "127.0.0.2", "--helo", "out.mail.test")
        now = time.time_ns() // 1_000_000
        (database,) = tmp_path.rglob("pillarbox.sqlite")
        with closing(Store(f"sqlite:///{database}")) as store, store.transaction() as conn:
            write_block(conn, Block("127.0.0.2", "google", now, now + HOUR, 1, "550 5.7.1 blocked"))
            write_block(conn, Block("", "microsoft", now, now + HOUR, 1, "550 S3140"))
            write_block(conn, Block("127.0.0.2", "yahoo", now - HOUR, now - 1, 1, "553 TSS09"))
        found = json.loads(call("doctor", "--json").out)
    told = [(one["state"], one["text"]) for one in found if one["subject"] == "blocked"]
    assert [state for state, _ in told] == ["warning", "warning"]
    assert told[0][1].startswith("microsoft blocks this system's own address (left out until ")
    assert told[1][1].startswith("google blocks 127.0.0.2 (left out until ")
    assert told[1][1].endswith("): 550 5.7.1 blocked")
