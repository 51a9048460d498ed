"""What delivery needs to know of one message for one recipient."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

#: Says whether the message is still ours to deliver: None for yes, else what finds out.
StillOurs = Callable[[], Awaitable[bool] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The SMTP envelope of one recipient (RFC 5321 §2.3.1) and how the connection has to be.

    `return_path` is the VERP address, empty for the null return path. `tls_required`: the
    configuration set's TlsPolicy REQUIRE. `eight_bit`: the content has octets above 127. `size`:
    octets of the content. `still_ours` is asked right before the final dot.
    """

    return_path: str
    recipient: str
    size: int
    eight_bit: bool = False
    tls_required: bool = False
    still_ours: StillOurs | None = field(default=None, compare=False, repr=False)
