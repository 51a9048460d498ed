"""What the handlers stand on, injected by `app`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import ApiError
from pillarbox.manage.quotas import Quotas
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.send import SendRequest
from pillarbox.store.identity.identities import TokenRow
from pillarbox.wire.http.errors import Api

T = TypeVar("T")


class Storage(Protocol):
    """The store, as far as handlers use it."""

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a read transaction."""
        ...

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction; what it returns is committed."""
        ...


class Accept(Protocol):
    """The door for messages."""

    def __call__(
        self,
        request: SendRequest,
        api: Api,
        along: Callable[[Connection], None] | None = None,
        /,
    ) -> Awaitable[str]:
        """Give the message id once the message, and what `along` changes, is durable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the handlers need.

    `accept`: the door for messages, told by which API they come. `new_tokens`: makes the DKIM
    tokens of a new domain, with keys of so many bits; `next_key`: makes a new key for a token;
    `own_key`: reads a customer's, base64, for a selector. `verification_mail`: makes the mail to an
    account's new address; `verification_link`: the link of a custom one, by its name. `now`:
    milliseconds since the epoch. `region`: the one that ARNs name. `paging_key`: the secret that
    page tokens are signed with. `signing_zone`: where the CNAME records of DKIM tokens point.
    `accept_bulk`: the same for the messages of one call that share a template, gives for each its
    id or what refuses it. `stamp`: makes the stamp of a message that is only tried out.
    `everything_verified`: capture mode. `quotas`: how much an account may have.
    """

    store: Storage
    accept: Accept
    accept_bulk: Callable[[Sequence[SendRequest], Api], Awaitable[Sequence[str | ApiError]]]
    stamp: Callable[[], Stamp]
    new_tokens: Callable[[int], Awaitable[Sequence[TokenRow]]]
    next_key: Callable[[str, int], Awaitable[TokenRow]]
    own_key: Callable[[str, str], Awaitable[TokenRow]]
    verification_mail: Callable[[str, str, int], AcceptedMessage]
    verification_link: Callable[[str, str, int, str], str]
    now: Callable[[], int]
    region: str
    paging_key: bytes
    signing_zone: str
    everything_verified: bool
    quotas: Quotas = field(default_factory=Quotas)
