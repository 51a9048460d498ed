"""Users for a server that reads Cyrus SASL's own database, in a folder with its configurations.

Written by libsasl2, as Postfix reads it: `saslpasswd2` is a thin program above the same call,
in a package of its own. A process of its own does it, as the library keeps its settings to its end.
"""

import ctypes
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONFIGURATION = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/sasldb2
mech_list: {mechanisms}
"""
_CONFIG_PATH, _CREATE = 1, 1  # sasl.h: SASL_PATH_TYPE_CONFIG, SASL_SET_CREATE


def write_sasldb(
    folder: Path, realm: str, user: str, password: str, services: Mapping[str, Sequence[str]]
) -> Path:
    """Write a database with one user, and a configuration for each service with its mechanisms."""
    for name, mechanisms in services.items():
        text = _CONFIGURATION.format(folder=folder, mechanisms=" ".join(mechanisms))
        (folder / f"{name}.conf").write_text(text)
    command = [sys.executable, __file__, str(folder), realm, f"{user}@{realm}"]
    subprocess.run(command, input=password.encode(), check=True, timeout=60)
    return folder / "sasldb2"


def _add_user(folder: str, realm: str, user: str, password: bytes) -> None:
    sasl = ctypes.CDLL("libsasl2.so.2")
    connection = ctypes.c_void_p()
    none = ctypes.c_void_p()
    done = (
        sasl.sasl_set_path(_CONFIG_PATH, folder.encode()),
        sasl.sasl_server_init(None, b"smtpd"),
        sasl.sasl_server_new(
            b"smtp", realm.encode(), realm.encode(), None, None, None, 0, ctypes.byref(connection)
        ),
        sasl.sasl_setpass(connection, user.encode(), password, len(password), none, 0, _CREATE),
    )
    if any(done):
        raise SystemExit(f"libsasl2 answered {done}")


if __name__ == "__main__":
    _add_user(*sys.argv[1:], sys.stdin.buffer.read())  # type: ignore[call-arg]
