"""Mail from templates: rendering a bulk's messages, and accepting a bulk of fifty destinations."""

import asyncio
import hashlib
import json
import string
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import insert

from bench.measure import Figure, median_of, table
from pillarbox.accept.commit import Acceptance
from pillarbox.accept.decision import Policy
from pillarbox.accept.door import Door
from pillarbox.accept.prepare import Stamp
from pillarbox.base.clock import now_ms
from pillarbox.manage.templates import EmailTemplate, create_template
from pillarbox.model.credentials import Caller
from pillarbox.model.send import SendRequest, SimpleContent, TemplatedContent, TemplateUse, Text
from pillarbox.model.template import TemplatedBody, TemplateParts
from pillarbox.render.templated import CallData, ParsedTemplate, fill
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts, identities

SECONDS, DESTINATIONS, ACCOUNT = 1.0, 50, "123456789012"
ITEMS = 20
ROW = '<tr><td class="item">{{name}}</td><td>{{#if sale}}now {{/if}}{{price}}</td></tr>\n'
PARTS = TemplateParts(
    name="Letter",
    subject="{{shop}}: news for {{name}}",
    text="Dear {{name}},\n{{#each items}}\n- {{name}}: {{price}}\n{{/each}}\n"
    + "Kind regards\n" * 40,
    html="<html><body><p>Dear {{name}},</p>"
    + "<p>Something that is the same for everybody.</p>\n" * 150
    + "<table>{{#each items}}\n"
    + ROW
    + "{{/each}}\n</table></body></html>",
)
DEFAULT = {
    "shop": "Shop",
    "items": [{"name": f"Thing {n}", "price": n * 1.5, "sale": n % 2} for n in range(ITEMS)],
}


def run() -> str:
    """Measure both, and tell as two tables."""
    return _rendering() + "\n" + asyncio.run(_accepting())


def _rendering() -> str:
    template, shared = ParsedTemplate.parse(PARTS), CallData(DEFAULT)
    body = TemplatedBody(
        head=b"From: a@shop.example\r\nTo: b@x.example\r\n",
        date_ms=now_ms(),
        message_id="x@shop.example",
        boundary="----=_Part_x",
        data='{"name": "Ann"}',
    )
    letter = fill(template, shared, body)
    places = string.Template("<p>$name</p>" * 2 + letter.decode().replace("$", "$$"))
    against = median_of("sha256 of the message", lambda: _rate(lambda: _hash(letter)))
    filled = lambda: fill(template, shared, body)  # noqa: E731 - one of several to be timed
    parsed = lambda: ParsedTemplate.parse(PARTS)  # noqa: E731
    plain = lambda: places.substitute(name="Ann")  # noqa: E731
    figures = [
        median_of("messages made from a parsed template", lambda: _rate(filled)),
        median_of("templates parsed", lambda: _rate(parsed)),
        median_of("string.Template, two places in as much", lambda: _rate(plain)),
    ]
    size = len(letter) // 1024
    title = f"templates, {size} KB in two parts, a loop of {ITEMS} in each (ratio: to sha256)"
    return table(title, [*figures, against], against)


async def _accepting() -> str:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        store = Store(url)
        upgrade(store)
        store.start()
        try:
            return await _measure_accepting(_door(store, threads))
        finally:
            store.close()


async def _measure_accepting(door: Door) -> str:
    data = [json.dumps({"name": number}) for number in range(DESTINATIONS)]
    bulk = [_request(TemplatedContent(use=_USE, data=one)) for one in data]
    text = PARTS.html or ""
    simple = _request(SimpleContent(subject=Text("s"), text=Text("t"), html=Text(text)))

    async def one_bulk() -> None:
        assert all(isinstance(one, str) for one in await door.accept_bulk(bulk))

    async def as_many_alone() -> None:
        await asyncio.gather(*(door.accept(simple) for _ in range(DESTINATIONS)))

    against = await _figure("of Simple mail, 50 calls at once", as_many_alone)
    figure = await _figure("of a bulk of 50 destinations", one_bulk)
    title = "accepting into SQLite, destinations (ratio: to calls of their own)"
    return table(title, [figure, against], against)


_USE = TemplateUse(template="Letter", default_data=json.dumps(DEFAULT))


async def _figure(name: str, work: Callable[[], Awaitable[None]]) -> Figure:
    runs = []
    for _ in range(3):
        done, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < SECONDS:
            await work()
            done += DESTINATIONS
        runs.append(done / took)
    return Figure(name, sorted(runs)[1], tuple(runs))


def _request(content: SimpleContent | TemplatedContent) -> SendRequest:
    return SendRequest(
        caller=Caller(account_id=ACCOUNT, access_key_id="AKID", source_ip="192.0.2.1"),
        content=content,
        from_address="a@shop.example",
        to=("to@receiver.example",),
    )


def _door(store: Store, threads: ThreadPoolExecutor) -> Door:
    """Open a door to an account that has an identity and the template."""
    with store.transaction() as conn:
        conn.execute(insert(accounts).values(_ACCOUNT_ROW))
        conn.execute(insert(identities).values(_IDENTITY_ROW))
        letter = EmailTemplate(
            name="Letter", subject=PARTS.subject, text=PARTS.text, html=PARTS.html
        )
        create_template(conn, ACCOUNT, letter, now=now_ms())
    policy = Policy(
        region="us-east-1",
        return_path_domain="bounce.shop.example",
        max_message_bytes=10_000_000,
        verified=lambda _identity: True,
    )
    return Door(
        store,
        Acceptance(policy, "bench/0"),
        stamp=lambda: Stamp.make(now_ms(), "us-east-1", "email.shop.example", "token"),
        threads=threads,
        accepted=lambda: None,
    )


_ACCOUNT_ROW = {
    "id": ACCOUNT,
    "name": "bench",
    "created_at": 0,
    "production": True,
    "status": "active",
    "sending_enabled": True,
    "auto_warmup": True,
    "enforcement": "HEALTHY",
    "max_24h": -1.0,
    "max_rate": 0.0,
    "generation": 1,
}
_IDENTITY_ROW = {
    "account_id": ACCOUNT,
    "name": "shop.example",
    "kind": "DOMAIN",
    "created_at": 0,
    "status": "SUCCESS",
    "check_started_at": 0,
    "checks": 1,
    "signing_enabled": False,
    "signing_key_bits": 2048,
    "feedback_forwarding": True,
    "mail_from_behavior": "USE_DEFAULT_VALUE",
    "tags": "[]",
}


def _hash(letter: bytes) -> None:
    hashlib.sha256(letter).digest()


def _rate(work: Callable[[], object]) -> float:
    """How many a second of CPU time."""
    done, began = 0, time.process_time()
    while (took := time.process_time() - began) < SECONDS:
        work()
        done += 1
    return done / took
