"""The EICAR test string, put together when it is asked for: no file of ours holds it."""


def eicar() -> bytes:
    """Give the 68 octets that every virus scanner calls a virus."""
    parts = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*")
    return b"".join(parts)
