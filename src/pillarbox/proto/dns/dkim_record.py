"""Reading DKIM key records (RFC 6376 §3.6.1): the public key that a TXT record publishes.

Takes the text of a TXT record as a stranger's DNS gives it; linear in its length.
"""

import re

MAX_LENGTH = 16_384
_WHITE = re.compile(r"[ \t\r\n]+")


def published_key(record: str) -> str | None:
    """Give the `p=` of a key record without white space, None when it is no RSA key record.

    An empty one says that the key was revoked.
    """
    if len(record) > MAX_LENGTH:
        return None
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals and tags.setdefault(name.strip(), value.strip()) != value.strip():
            return None  # a tag that occurs twice makes the record invalid (§3.2)
    if tags.get("v", "DKIM1") != "DKIM1" or tags.get("k", "rsa") != "rsa":
        return None
    key = tags.get("p")
    return None if key is None else _WHITE.sub("", key)
