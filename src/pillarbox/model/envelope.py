"""What delivery needs to know of one message for one recipient."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The SMTP envelope of one recipient (RFC 5321 §2.3.1) and how the connection has to be.

    `return_path` is the VERP address, empty for the null return path. `tls_required`: the
    configuration set's TlsPolicy REQUIRE. `eight_bit`: the content has octets above 127. `size`:
    octets of the content.
    """

    return_path: str
    recipient: str
    size: int
    eight_bit: bool = False
    tls_required: bool = False
