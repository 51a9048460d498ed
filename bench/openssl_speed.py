"""The physical limit beside it: RSA-2048 signatures a second on all cores (`openssl speed`)."""

import re
import shutil
import subprocess

SECONDS = 2
OPENSSL = shutil.which("openssl")


def rate(cores: int) -> float:
    """Signatures a second."""
    assert OPENSSL is not None, "make system installs openssl"
    command = [OPENSSL, "speed", "-seconds", str(SECONDS), "-multi", str(cores), "rsa2048"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)", text)
    assert found is not None, text
    return float(found[1])
