"""Calls of the control plane with much in the store, beside the same calls with little.

Two nodes run at once, one with 10 configuration sets and 10 identities, one with 10,000 of each,
and are asked in turn: what a call costs may not grow with what the account has.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from sqlalchemy import insert

from pillarbox.store.tables import configuration_sets, identities
from tests.peers.node import Node

FEW, MANY = 10, 10_000
ROUNDS = 60
#: Some belong to another account, so that the limit of 10,000 leaves room for new ones.
ACCOUNT, OTHER = "123456789012", "210987654321"
NAME = "name-00005"


def run() -> str:
    """Measure, and tell as a table: milliseconds of a call, and how many times more MANY costs."""
    lines = ["", f"control plane: {MANY:,} sets and identities beside {FEW} (median ms, ratio)"]
    with _node(FEW) as small, _node(MANY) as large:
        for name, arguments in CALLS.items():
            few, many = _measure(small, large, name, arguments)
            lines.append(f"  {name:44}{few:>8.2f}{many:>8.2f}{many / few:>8.2f}")
    return "\n".join(lines)


#: boto3's method and its arguments; `{}` becomes the number of the round.
CALLS: dict[str, dict[str, object]] = {
    "get_account": {},
    "get_configuration_set": {"ConfigurationSetName": NAME},
    "list_configuration_sets": {"PageSize": 10},
    "create_configuration_set": {"ConfigurationSetName": "new-{}"},
    "put_configuration_set_sending_options": {
        "ConfigurationSetName": NAME,
        "SendingEnabled": True,
    },
    "delete_configuration_set": {"ConfigurationSetName": "new-{}"},
    "get_email_identity": {"EmailIdentity": f"{NAME}.example"},
    "list_email_identities": {"PageSize": 10},
    "create_email_identity": {"EmailIdentity": "new-{}@name-00005.example"},
    "put_email_identity_feedback_attributes": {
        "EmailIdentity": f"{NAME}.example",
        "EmailForwardingEnabled": True,
    },
    "delete_email_identity": {"EmailIdentity": "new-{}@name-00005.example"},
}


def _measure(
    small: Node, large: Node, name: str, arguments: dict[str, object]
) -> tuple[float, float]:
    taken: dict[Node, list[float]] = {small: [], large: []}
    clients = {node: node.client("sesv2") for node in taken}
    for number in range(ROUNDS):
        text = json.dumps(arguments).replace("{}", str(number)) if arguments else "{}"
        for node, times in taken.items():
            call = getattr(clients[node], name)
            begun = time.perf_counter()
            call(**json.loads(text))
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[small]), statistics.median(taken[large])


@contextmanager
def _node(count: int) -> Iterator[Node]:
    with (
        tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as folder,
        Node.start(Path(folder), workers=1) as node,
    ):
        _fill(node, count)
        yield node


def _fill(node: Node, count: int) -> None:
    """Write rows behind the node's back: making 10,000 identities is not what is measured."""
    engine = sqlalchemy.create_engine(f"sqlite:///{node.data / 'pillarbox.sqlite'}")
    owned = [
        (OTHER if number % 50 == 49 else ACCOUNT, f"name-{number:05}") for number in range(count)
    ]
    with engine.begin() as conn:
        conn.execute(insert(configuration_sets), [_set_row(*one) for one in owned])
        conn.execute(insert(identities), [_identity_row(*one) for one in owned])
    engine.dispose()


def _set_row(account_id: str, name: str) -> dict[str, object]:
    return {
        "account_id": account_id,
        "name": name,
        "created_at": 0,
        "sending_enabled": True,
        "reputation_metrics": True,
        "tags": "[]",
    }


def _identity_row(account_id: str, name: str) -> dict[str, object]:
    return {
        "account_id": account_id,
        "name": f"{name}.example",
        "kind": "DOMAIN",
        "created_at": 0,
        "status": "SUCCESS",
        "check_started_at": 0,
        "checks": 1,
        "signing_enabled": True,
        "signing_key_bits": 2048,
        "feedback_forwarding": True,
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "tags": "[]",
    }
