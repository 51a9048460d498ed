"""The APIs on a real loopback port, over a real SQLite file; `accept` may be a fake."""

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import uvicorn
from botocore.config import Config

from pillarbox.accept.commit import Along
from pillarbox.accept.door import Door
from pillarbox.accept.prepare import Stamp
from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ApiError
from pillarbox.base.secrets import Sealer
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.manage.identities.verification_mail import VerificationMails
from pillarbox.model.credentials import AccessKey
from pillarbox.model.send import SendRequest
from pillarbox.store.identity.identities import TokenRow
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts
from pillarbox.wire.http.api_app import ApiApp
from pillarbox.wire.http.errors import Api
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.ses.operations import actions as query_actions
from pillarbox.wire.ses.protocol import QueryProtocol
from pillarbox.wire.sesv2.operations import operations as v2_operations
from pillarbox.wire.sesv2.services import Services
from tests.store.empty import write_empty_store
from tests.wire.real_door import open_door

MESSAGE_ID = "0100019b8c1f2e3d-5b0a2f0c-1111-4222-8333-944445555666-000000"
SEALER = Sealer(b"m" * 32)
SESSION = boto3.session.Session()
"""One for all tests: it keeps the service models it has read."""
NO_RETRIES = Config(retries={"max_attempts": 0}, parameter_validation=False)


@dataclass
class WireServer:
    """A running server, and what its fakes have seen."""

    store: Store
    everything_verified: bool = False
    keys: dict[str, AccessKey] = field(default_factory=dict)
    sent: list[SendRequest] = field(default_factory=list)
    log: list[Any] = field(default_factory=list)
    door: Door | None = None
    port: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Make what makes keys and mails."""
        self.dkim_keys = DkimKeys(self.store, SEALER, ThreadPoolExecutor(1))
        self.mails = VerificationMails(
            service="mail.test",
            region="us-east-1",
            base="http://track.test",
            key=SEALER.derive("verification links"),
            stamp=lambda now: Stamp.make(now, "us-east-1", "email.mail.test", "boundary"),
            signing=None,
        )

    def new_account(self, **columns: Any) -> str:
        """Make an account with a key of its own."""
        number = next(self._numbers)
        account_id = f"{100000000000 + number}"
        row = {
            "id": account_id,
            "name": "test",
            "created_at": 0,
            "production": True,
            "status": "active",
            "sending_enabled": True,
            "auto_warmup": True,
            "enforcement": "HEALTHY",
            "max_24h": 50_000.0,
            "max_rate": 14.0,
            "generation": 0,
        }
        with self.store.transaction() as conn:
            conn.execute(accounts.insert().values(row | columns))
        key = AccessKey(access_key_id=f"AKID{number}", account_id=account_id, secret="secret")
        self.keys[key.access_key_id] = key
        return account_id

    def client(self, service: str, account_id: str) -> Any:
        """Give a boto3 client of `pinpoint-email`, `sesv2` or `ses` that calls as the account."""
        (key,) = [one for one in self.keys.values() if one.account_id == account_id]
        return SESSION.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
            config=NO_RETRIES,
        )

    def services(self) -> Services:
        """Give what the operations stand on."""
        return Services(
            store=self.store,
            accept=self._accept,
            accept_bulk=self._accept_bulk,
            stamp=self._stamp,
            new_tokens=self._new_tokens,
            next_key=self.dkim_keys.next_key,
            own_key=self.dkim_keys.own_key,
            verification_mail=self.mails.make,
            verification_link=self.mails.link,
            now=now_ms,
            region="us-east-1",
            paging_key=b"k" * 32,
            signing_zone="dkim.mail.test",
            everything_verified=self.everything_verified,
        )

    def app(self, **more: Any) -> ApiApp:
        """Wire the app as `app.py` does."""
        services = self.services()

        async def find_key(access_key_id: str) -> AccessKey | None:
            return self.keys.get(access_key_id)

        return ApiApp(
            [*v1_operations(services), *v2_operations(services)],
            query=QueryProtocol(query_actions(services)),
            find_key=find_key,
            clock=now_ms,
            region="us-east-1",
            access_log=self.log.append,
            **more,
        )

    async def _accept(self, request: SendRequest, api: Api, along: Along | None = None, /) -> str:
        if self.door is not None:
            return await self.door.accept(request, api, along)
        if along is not None:
            await self.store.write(along)
        self.sent.append(request)
        return MESSAGE_ID

    async def _accept_bulk(
        self, requests: Sequence[SendRequest], api: Api
    ) -> Sequence[str | ApiError]:
        if self.door is not None:
            return await self.door.accept_bulk(requests, api)
        self.sent.extend(requests)
        return [MESSAGE_ID for _ in requests]

    def _stamp(self) -> Stamp:
        return Stamp.make(now_ms(), "us-east-1", "email.mail.test", "token")

    async def _new_tokens(self, bits: int) -> Sequence[TokenRow]:
        first = next(self._numbers)
        return [
            TokenRow(
                token=f"{first:016d}{position:016d}", private_key_sealed=b"-", public_key=str(bits)
            )
            for position in range(3)
        ]


@contextmanager
def running(
    folder: Path, *, everything_verified: bool = False, real_door: bool = False
) -> Iterator[WireServer]:
    """Serve until the block ends; `real_door`: messages are accepted, not only recorded."""
    store = Store(write_empty_store(folder / "wire.sqlite"))
    store.start()
    server = WireServer(store, everything_verified)
    threads = ThreadPoolExecutor(1)
    if real_door:
        server.door = open_door(store, threads)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        config = uvicorn.Config(
            server.app(), lifespan="off", ws="none", log_config=None, timeout_keep_alive=600
        )
        uvicorn_server = uvicorn.Server(config)
        thread = threading.Thread(
            target=lambda: asyncio.run(uvicorn_server.serve(sockets=[listener]))
        )
        thread.start()
        try:
            yield server
        finally:
            uvicorn_server.should_exit = True
            thread.join()
            store.close()
            threads.shutdown()
