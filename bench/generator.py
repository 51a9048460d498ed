"""The load generator, a process of its own: `python -m bench.generator PORT SIZE COUNT SESSIONS`.

Signs all requests ahead, prints `ready`, waits for a line on standard input, sends, and prints how
many were answered 200 and the other statuses.
"""

import json
import sys
from collections import Counter

import uvloop

from bench.letters import SENDER, html
from tests.peers.pillarbox import KEY, send_email
from tests.peers.senders import send_all


def main() -> None:
    """Sign, wait, send, tell."""
    port, size, count, sessions = map(int, sys.argv[1:])
    letter = html(size)
    requests = [
        send_email(KEY, port, SENDER, f"r{number}@customer.test", letter) for number in range(count)
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    statuses = Counter(str(s) for s in uvloop.run(send_all(port, requests, sessions)))
    print(json.dumps(statuses), flush=True)


if __name__ == "__main__":
    main()
