"""Pillarbox's own processes, without the seconds that their imports take.

`run` takes a command (`python -m pillarbox …`) and an environment, and hands on what it printed;
`start` hands on a process that runs. Behind both is one program for each test process: this file,
run as a module, has imported what is needed before it is asked, and forks a child for each command.
It ends with its standard input. That Pillarbox starts by itself is for `peers/pillarbox.py` and
tests/cli to show.
"""

import atexit
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tests.peers.programs import kill
from tests.peers.wait import ARRIVAL_SECONDS, PAUSE

ROOT = Path(__file__).parents[2]
#: What commands import when they are run, with all that is below.
NEEDED = ("pillarbox.app.worker", "pillarbox.manage", "pillarbox.node", "pillarbox.store")
COMMAND = [sys.executable, "-m", "pillarbox"]


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command to its end; what it printed.

    Raises CalledProcessError when it fails, TimeoutExpired when it takes `ARRIVAL_SECONDS`.
    """
    told = _forks.ask({"do": "run", **_command(command, environment)})
    code, out, err = told["code"], told["out"], told["err"]
    if code:
        raise subprocess.CalledProcessError(code, command, out, err)
    return str(out)


def start(command: Sequence[str], output: Path, environment: Mapping[str, str]) -> "Forked":
    """Start a command in a process group of its own; what it prints is appended to `output`."""
    asked = {"do": "start", "output": str(output), **_command(command, environment)}
    return Forked(_forks.ask(asked)["pid"])


class Forked:
    """A process that was started: as much of subprocess.Popen as tests need."""

    stdin = stdout = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code once it has ended; below zero: the signal that ended it."""
        if self.returncode is None:
            self.returncode = _forks.ask({"do": "poll", "pid": self.pid})["code"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if timeout is not None and deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(COMMAND, timeout)
            time.sleep(PAUSE)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def _command(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    program, arguments = list(command[: len(COMMAND)]), command[len(COMMAND) :]
    assert program == COMMAND, program
    return {"arguments": arguments, "environment": dict(environment), "folder": str(Path.cwd())}


@dataclass
class _Forks:
    """The program that forks, once it is needed."""

    process: "subprocess.Popen[bytes] | None" = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, asked: Mapping[str, Any]) -> Any:
        with self.turn:
            process = self.process = self.process or _start_program()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], ARRIVAL_SECONDS)[0]:
                self.end()
                raise subprocess.TimeoutExpired(str(asked), ARRIVAL_SECONDS)
            line = process.stdout.readline()
        assert line, "the program that forks commands has ended"
        return json.loads(line)

    def end(self) -> None:
        """End it, with a command that is still under way."""
        if self.process is not None:
            kill(self.process)
            self.process = None


_forks = _Forks()
atexit.register(_forks.end)


def _start_program() -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PILLARBOX_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.peers.forks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=clean | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        start_new_session=True,
    )


def serve() -> None:
    """Do what is asked for on standard input, a line of JSON each, until no more comes."""
    for name in NEEDED:
        package = import_module(name)
        for one in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
            if ".migrations." not in one.name:
                import_module(one.name)
    does = {"run": _run, "start": _start, "poll": _poll}
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(does[asked["do"]](asked)), flush=True)


def _run(asked: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _become(asked, out.fileno(), err.fileno())
        _, status = os.waitpid(child, 0)
        told: dict[str, Any] = {"code": os.waitstatus_to_exitcode(status)}
        for name, file in (("out", out), ("err", err)):
            file.seek(0)
            told[name] = file.read().decode()
    return told


def _start(asked: Mapping[str, Any]) -> dict[str, Any]:
    with Path(asked["output"]).open("ab") as output:
        child = os.fork()
        if child == 0:
            os.setsid()
            _become(asked, output.fileno(), output.fileno())
    return {"pid": child}


def _poll(asked: Mapping[str, Any]) -> dict[str, Any]:
    ended, status = os.waitpid(asked["pid"], os.WNOHANG)
    return {"code": os.waitstatus_to_exitcode(status) if ended else None}


def _become(asked: Mapping[str, Any], out: int, err: int) -> NoReturn:
    """Run the command in this process, which is its own, and end."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, max(out, err) + 1)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["pillarbox", *asked["arguments"]]
    code: object = 1
    try:
        import_module("pillarbox.cli").main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as the interpreter would, and then ends
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    serve()
