"""What always holds of strangers' DNS texts, keys that are brought, and verification links."""

import base64

from pillarbox.base.errors import BadRequest
from pillarbox.identity.own_key import LEAST_BITS, MOST_BITS, read_own_key
from pillarbox.proto.dkim import generate_key, private_pem
from pillarbox.proto.dns.dkim_record import published_key
from pillarbox.proto.dns.spf import includes, spf_records
from pillarbox.proto.links.verify_link import VerifyLink, decode, encode

KEY = b"k" * 32
LINK = encode(VerifyLink(account_id="123456789012", address="me@example.com", issued_at=1), KEY)
LINKS = (LINK.encode(), LINK[:-4].encode(), b"A" * 60)
RECORDS = (
    b"v=DKIM1; k=rsa; p=QUJD REVG",
    b"v=spf1 include:bounce.mail.test ~all",
    b"v=DKIM1; p=; t=s:y; n=a b",
)
OWN_KEYS = (base64.b64encode(private_pem(generate_key(1024))), b"AAAA", b"MIIC")


def link(data: bytes) -> None:
    """What is read was signed by us: nothing else is."""
    text = data.decode("latin-1")
    found = decode(text, KEY)
    assert found is None or encode(found, KEY) == LINK


def dns_text(data: bytes) -> None:
    """Any text is read or refused; a key has no white space, a policy includes what it names."""
    text = data.decode("latin-1")
    key = published_key(text)
    assert key is None or not set(key) & set(" \t\r\n;")
    if includes(text, "bounce.mail.test"):
        assert "include:bounce.mail.test" in text.lower()
    assert spf_records([text]) in ([], [text])


def own_key(data: bytes) -> None:
    """A key that is brought is an RSA key of a strength we sign with, or refused in our words."""
    try:
        key = read_own_key(data.decode("latin-1"))
    except BadRequest:
        return
    assert LEAST_BITS <= key.key_size <= MOST_BITS
