"""A console over a store of each engine, and people who visit it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Deliver, Service, Settings
from pillarbox.console.console import open_console
from pillarbox.console.pages import captured, messages
from pillarbox.console.services import ConsoleServices
from pillarbox.console.templating import Templates
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.people.accounts import create_account
from pillarbox.manage.people.users import NewUser, create_user
from pillarbox.model.publishing import Published
from pillarbox.model.user import Role
from pillarbox.store.store import Store
from tests.console.visitor import Visitor

ACCOUNT, OTHER = "123456789012", "222222222222"
PASSWORD = "correct horse battery"
NOW = 1_795_000_000_000
_templates = cache(Templates)


@pytest.fixture(scope="session")
def password_hash():
    """Give a hash of PASSWORD that is checked in no time, as the parameters in it say.

    All tests sign in; one that is about what that costs takes a hash of the product's own.
    """
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Console:
    """A console, its store, its clock, what it was asked to send, and which webhooks it asked."""

    app: object
    store: Store
    services: ConsoleServices
    clock: list[int]
    password_hash: str
    sent: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def visitor(self, host="localhost") -> Visitor:
        """Give a browser that nobody has signed in with."""
        return Visitor(self.app, host)

    def make_user(self, name, role=Role.ADMIN, account_id=None):
        """Make a user whose password is PASSWORD."""
        with self.store.transaction() as conn:
            new = NewUser(
                name=name, password_hash=self.password_hash, role=role, account_id=account_id
            )
            return create_user(conn, new, now=self.clock[0])

    async def signed_in(self, role=Role.ADMIN, account_id=None, name=None) -> Visitor:
        """Give a browser that a new user of a role is signed in with."""
        name = name or f"{role.name.lower()}"
        self.make_user(name, role, account_id)
        visitor = self.visitor()
        answer = await visitor.post("/console/sign-in", {"name": name, "password": PASSWORD})
        assert answer.status == 200, answer.text
        return visitor


@pytest.fixture
async def console(migrated_url, tmp_path: Path, password_hash, monkeypatch):
    """Give a console of capture mode with two accounts, whose searches no busy machine cuts short:
    a test about that says so. Its templates are compiled for all tests at once.
    """
    monkeypatch.setattr("pillarbox.console.console.Templates", _templates)
    for page in (captured, messages):
        monkeypatch.setattr(page, "SECONDS", 600)
    store = Store(migrated_url)
    with store.transaction() as conn:
        for account_id, name in ((ACCOUNT, "First"), (OTHER, "Second")):
            create_account(conn, now=NOW, account_id=account_id, name=name, production=True)
    store.start()
    settings = Settings(
        data=tmp_path,
        service=Service(domain="pillarbox.test"),
        deliver=Deliver(mode="capture"),
    )
    sent = []

    async def accept(request):
        sent.append(request)
        return "0100000000000000-00000000-0000-7000-8000-000000000000-000000"

    async def no_tokens(_bits):
        return ()

    asked = []

    async def ask(hook):
        asked.append(hook.endpoint)
        return Published()

    clock = [NOW]
    threads = ThreadPoolExecutor(1)
    services = ConsoleServices(
        settings=settings,
        store=store,
        sealer=Sealer(b"k" * 32),
        names=ServiceNames("pillarbox.test"),
        accept=accept,
        new_tokens=no_tokens,
        verification_mail=None,
        check_host=None,
        ask_subscriber=ask,
        resolver=None,
        threads=threads,
        now=lambda: clock[0],
        metrics_folder=tmp_path,
    )
    yield Console(open_console(services), store, services, clock, password_hash, sent, asked)
    store.close()
    threads.shutdown()
