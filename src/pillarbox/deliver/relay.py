"""The last hop of relay mode: one smart host, which takes all mail and finds the way from there.

Takes an envelope and its content, hands on an `Outcome`. What the smart host says of a message is
the message's outcome as ever; what it says of us (a login it does not take, a session it does not
open) is our own trouble: it is temporary, it is told (`way_out`), and no message bounces for it.
After a refused login nobody tries again for a while, as many refusals lock an account.
"""

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path

from pillarbox.base.errors import StartError
from pillarbox.base.settings import Relay, Settings
from pillarbox.deliver.connection import Connection, Endpoint, Opened
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.pool import Pool, Retried, never_retried
from pillarbox.deliver.route import Resolver
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.tls_choice import TlsChoice
from pillarbox.deliver.way_out import WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Failed, Outcome, OwnDelay, Reply
from pillarbox.model.queued import Claim, Message
from pillarbox.proto.smtp.events import Refused, Tls
from pillarbox.proto.smtp.login import Login

#: Seconds without a login after a refused one.
PAUSE_S = 60.0
#: How long a message waits at most for a smart host that does not take us.
OUR_TROUBLE = OwnDelay(at_most_ms=5 * 60_000)
_TLS = {"starttls": Tls.REQUIRED, "tls": Tls.FIRST, "none": Tls.NEVER}
#: What is asked of the smart host's certificate.
VERIFIED = TlsChoice(
    tls=Tls.REQUIRED, policy="[relay] tls", required_by="[relay] tls", certificate="valid"
)
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
#: Replies to a transaction that are about our login, not about the message (RFC 4954 §6).
_LOGIN_CODES = {530, 534, 535, 538}
_NOT_LET_IN = re.compile(
    r"relay(ing)? (access )?(denied|not permitted)|authentication (is )?required"
    r"|client host rejected|not logged in",
    re.IGNORECASE,
)
#: What Postfix says to all recipients of who did not log in, and to a forbidden one of who did.
_ACCESS_DENIED = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
#: It took the login, and does not let it use our return paths or senders (Postfix, SES).
_SENDER_NOT_OURS = re.compile(r"not owned by user|email address is not verified", re.IGNORECASE)


def relay_port(relay: Relay) -> int:
    """Give the port of the smart host."""
    return relay.port or _PORTS[relay.tls]


def read_login(relay: Relay) -> Login | None:
    """Give the login of the settings, None for none. Raises StartError when it can't be read."""
    if not relay.username:
        return None
    if not relay.password_file:
        return Login(relay.username, relay.password)
    try:
        lines = Path(relay.password_file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise StartError(f"can't read [relay] password_file {relay.password_file}: {why}") from None
    if not lines or not lines[0]:
        raise StartError(f"[relay] password_file {relay.password_file} has no first line")
    return Login(relay.username, lines[0])


def check_authorities(settings: Settings) -> None:
    """Try whether the smart host's certificate can be verified. Raises StartError."""
    try:
        TlsContexts(settings.tls.ca_file).of(VERIFIED)
    except OSError as error:
        raise StartError(f"can't read [tls] ca_file {settings.tls.ca_file}: {error}") from None


def check_relay_files(settings: Settings) -> None:
    """Refuse to start with a password or authorities that can't be read. Raises StartError."""
    if settings.relaying:
        read_login(settings.relay)
        check_authorities(settings)


class RelayHost:
    """Delivers to the smart host; one per event loop."""

    def __init__(
        self,
        relay: Relay,
        settings: DeliverSettings,
        resolver: Resolver,
        tls: TlsContexts,
        way_out: WayOut,
        retried: Retried = never_retried,
    ) -> None:
        self._relay = relay
        self._settings = settings
        self._resolver = resolver
        self._tls = tls
        self._pool = Pool(settings, tls, retried=retried)
        self._way_out = way_out
        self._login = read_login(relay)
        self._paused: tuple[float, Deferred] | None = None

    async def deliver(
        self,
        claim: Claim,  # noqa: ARG002 - a LastHop
        message: Message,  # noqa: ARG002
        envelope: Envelope,
        content: Sequence[bytes],
    ) -> Outcome:
        """Hand one message for one recipient on; never raises for what the network does."""
        if self._paused is not None and self._paused[0] > asyncio.get_running_loop().time():
            return self._paused[1]
        if envelope.tls_required and self._relay.tls == "none":
            text = '4.7.10 The message requires TLS and [relay] tls is "none"'
            return self._trouble(Deferred(Reply(451, text, "4.7.10")))
        endpoints = await self.endpoints()
        if isinstance(endpoints, Deferred):
            return self._trouble(endpoints)
        return await self._try(endpoints, envelope, content)

    async def check(self) -> Reply | None:
        """Log in and leave again; None when that worked, else why not."""
        endpoints = await self.endpoints()
        if isinstance(endpoints, Deferred):
            return endpoints.reply
        why: Reply | None = None
        for endpoint in endpoints:
            connection = Connection(endpoint, timeouts=self._settings.timeouts)
            opened = await connection.open(self._tls)
            await connection.close()
            if opened.refused is None:
                return None
            why = opened.refused.outcome.reply
        return why

    async def close(self) -> None:
        """Close the kept connections."""
        await self._pool.close()

    async def endpoints(self) -> list[Endpoint] | Deferred:
        """Give the smart host's addresses as endpoints, or why there are none."""
        host = self._relay.host.strip("[]")
        addresses = [host] if _is_address(host) else await self._look_up(host)
        if not addresses:
            return Deferred(Reply(451, f"4.4.3 The smart host {host} has no address", "4.4.3"))
        return [self._endpoint(host, one) for one in addresses[: self._settings.max_hosts]]

    async def _look_up(self, host: str) -> list[str]:
        if host.lower() == "localhost":
            return ["127.0.0.1", "::1"]
        answers = [await self._resolver.query(host, rdtype) for rdtype in ("A", "AAAA")]
        return [record for answer in answers for record in answer.records]

    def _endpoint(self, host: str, address: str) -> Endpoint:
        sources = self._settings.sources
        source = sources.ipv6 if ":" in address else sources.ipv4
        return Endpoint(
            host=host,
            address=address,
            port=relay_port(self._relay),
            tls=_TLS[self._relay.tls],
            hello=source.hello if source else self._settings.hello,
            source=source.bind if source else "",
            choice=TlsChoice() if self._relay.tls == "none" else VERIFIED,
            login=self._login,
        )

    async def _try(
        self, endpoints: Sequence[Endpoint], envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Try the smart host's addresses in order, until one takes or refuses the message."""
        tried: list[Attempt] = []
        refused = Refused(Deferred(Reply(451, "4.4.1 No address could be tried", "4.4.1")))
        for endpoint in endpoints:
            result = await self._pool.deliver(endpoint, envelope, content)
            if not isinstance(result, Opened):
                return self._said(result.outcome)
            if result.refused is not None:
                refused = result.refused
                tried.append(refused.outcome.attempt)
            if refused.login:
                return self._login_refused(refused.outcome)
        reply, attempt = refused.outcome.reply, refused.outcome.attempt
        return self._trouble(Deferred(_temporary(reply), attempt))

    def _said(self, outcome: Outcome) -> Outcome:
        """Take the smart host's word on a message, unless it is on us."""
        reply = outcome.reply
        if isinstance(outcome, Failed):
            ours = Deferred(_temporary(reply), outcome.attempt)
            if self._not_let_in(reply):
                return self._login_refused(ours)
            if _SENDER_NOT_OURS.search(reply.text):
                return self._trouble(ours)
        self._way_out.relay_works()
        return outcome

    def _not_let_in(self, reply: Reply) -> bool:
        """Tell whether a refusal is of us; one of every recipient is, when nobody logs in."""
        return (
            reply.code in _LOGIN_CODES
            or _NOT_LET_IN.search(reply.text) is not None
            or (self._login is None and _ACCESS_DENIED.search(reply.text) is not None)
        )

    def _login_refused(self, outcome: Outcome) -> Deferred:
        self._way_out.relay_refused(f"the smart host {self._relay.host}: {outcome.reply}")
        deferred = Deferred(outcome.reply, outcome.attempt, OUR_TROUBLE)
        paused = Deferred(outcome.reply, own_delay=OUR_TROUBLE)
        self._paused = (asyncio.get_running_loop().time() + PAUSE_S, paused)
        self._read_login_again()
        return deferred

    def _read_login_again(self) -> None:
        """Take up a password that was changed in its file."""
        try:
            self._login = read_login(self._relay)
        except StartError as error:
            self._way_out.relay_refused(error.message)

    def _trouble(self, outcome: Deferred) -> Deferred:
        self._way_out.relay_failed(f"the smart host {self._relay.host}: {outcome.reply}")
        return Deferred(outcome.reply, outcome.attempt, OUR_TROUBLE)


def _temporary(reply: Reply) -> Reply:
    """Give a refusal of us as what it is to a message: a delay."""
    if reply.code < 500:
        return reply
    return Reply(451, f"4.3.5 The smart host does not take mail from us: {reply}", "4.3.5")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
