"""The command line of Pillarbox: a process for each command, without the second its imports take.

`run` takes arguments and an environment and hands on what the command printed. Behind it is one
program for each test process: this file, run as a module, has imported what commands need before it
is asked for one, and forks a child that runs it. It ends with its standard input. That a command
starts by itself is for tests/cli to show.
"""

import atexit
import json
import os
import pkgutil
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tests.peers.programs import kill
from tests.peers.wait import ARRIVAL_SECONDS

ROOT = Path(__file__).parents[2]
#: What commands import when they are run, with all that is below.
NEEDED = ("pillarbox.manage", "pillarbox.node.preparing", "pillarbox.store")
COMMAND = [sys.executable, "-m", "pillarbox"]


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command to its end; what it printed.

    Raises CalledProcessError when it fails, TimeoutExpired when it takes a minute.
    """
    asked = {"arguments": arguments, "environment": dict(environment), "folder": str(Path.cwd())}
    told = _forks.ask(asked)
    code, out, err = told["code"], told["out"], told["err"]
    if code:
        raise subprocess.CalledProcessError(code, [*COMMAND, *arguments], out, err)
    return str(out)


@dataclass
class _Forks:
    """The program that forks, once it is needed."""

    process: "subprocess.Popen[bytes] | None" = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, asked: Mapping[str, Any]) -> Any:
        with self.turn:
            process = self.process = self.process or _start()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], ARRIVAL_SECONDS)[0]:
                self.end()
                raise subprocess.TimeoutExpired(asked["arguments"], ARRIVAL_SECONDS)
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


def _start() -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PILLARBOX_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.peers.command_line"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=clean | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        start_new_session=True,
    )


def serve() -> None:
    """Fork a child for each command that comes, until no more come."""
    for name in NEEDED:
        package = import_module(name)
        for one in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
            if ".migrations." not in one.name:
                import_module(one.name)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _become(asked, out.fileno(), err.fileno())
            _, status = os.waitpid(child, 0)
            told = {"code": os.waitstatus_to_exitcode(status)}
            for name, file in (("out", out), ("err", err)):
                file.seek(0)
                told[name] = file.read().decode()
        print(json.dumps(told), flush=True)


def _become(asked: Mapping[str, Any], out: int, err: int) -> NoReturn:
    """Run the command in this process, which is its own, and end."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
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
