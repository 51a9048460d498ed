"""The client's side of an SMTP session (RFC 5321; PIPELINING RFC 2920, STARTTLS RFC 3207, AUTH
RFC 4954).

Sans I/O: takes bytes and times, hands on bytes to send and events.

Theory. Everything that is sent waits for exactly one reply, and replies come in the order of what
was sent. So the session's state is the queue of what is outstanding (`Verb`s; the connection itself
waits for the greeting), and a reply belongs to the queue's head. What to do then is one row of
`_TABLE`: (verb, first digit) -> action. What has no row is a breach of the protocol and ends the
session. Pipelining changes only how many commands are put into the queue at once: without it, each
next command waits in `_unsent` for a 2xx of the one before.

One transaction carries one recipient, so its outcome is decided once, by the first refusal or by
the reply to the final dot; what is still outstanding then is awaited, as the session is in step
again only after it:

    MAIL or RCPT refused, DATA refused   over; RSET goes out in front of the next MAIL
    RCPT refused, DATA answered 354      the lone dot, and its reply is ignored (RFC 2920 §3.1)
    MAIL refused, RCPT taken, DATA 354   hang up: a dot would send an empty message
    connection lost, dot not sent        Deferred 4.4.2
    connection lost, dot sent            Unknown
    421                                  as any 4xx, and the session ends
    AUTH refused or not to be had        the session is refused, and no transaction begins

Times are milliseconds of any clock that does not go back.

Long because the table and its actions are read together.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import (
    Attempt,
    Deferred,
    Delivered,
    Failed,
    Outcome,
    Reply,
    TlsUsed,
    Unknown,
)
from pillarbox.proto.smtp.commands import commands, unsendable
from pillarbox.proto.smtp.content import ContentError, ContentStream
from pillarbox.proto.smtp.events import Closed, Event, Finished, Ready, Refused, StartTls, Tls, Verb
from pillarbox.proto.smtp.login import Login
from pillarbox.proto.smtp.reply import ProtocolError, ReplyParser, ServerReply
from pillarbox.proto.smtp.transcript import Transcript

_Action = Callable[[Any, ServerReply, int], None]
_DEMANDING = frozenset({Tls.REQUIRED, Tls.ENFORCED})
_GONE = Reply(421, "4.4.2 Connection closed by the receiver", "4.4.2")
_OUTCOMES: dict[int, type[Outcome]] = {2: Delivered, 4: Deferred, 5: Failed}


class SmtpClient:
    """One session. After each call send `output()`, and then `content_chunk()`s while `sending`."""

    def __init__(
        self,
        *,
        hello: str,
        tls: Tls,
        now: int,
        attempt: Attempt | None = None,
        required_by: str = "",
        login: Login | None = None,
    ) -> None:
        """Begin when connecting begins. `attempt` names the peer; steps are added here.

        `required_by`: what requires TLS, as a refusal is to say.
        """
        self._hello = hello
        self._tls = tls
        self._required = "TLS is required" + (f" by {required_by}" if required_by else "")
        self._talk = Transcript(attempt or Attempt(), now, login)
        self._login = login
        self._login_lines: deque[bytes] = deque()
        self._parser = ReplyParser()
        self._outstanding: deque[Verb] = deque((Verb.GREETING,))
        self._unsent: deque[tuple[Verb, bytes]] = deque()
        self._out: list[bytes] = []
        self._events: list[Event] = []
        self._decided: Outcome | None = None
        self._content: Sequence[bytes] = ()
        self._stream: ContentStream | None = None
        self._established = False
        self._login_failed = False
        self._busy = False
        self._heard = False  # this transaction had a reply other than 421
        self._taken = False  # this transaction's RCPT was answered 2xx
        self._reset = False  # the server may hold a transaction open
        self.extensions: dict[str, str] = {}
        self.closed = False
        self.transactions = 0

    @property
    def ready(self) -> bool:
        """Whether `begin` may be called."""
        return self._established and not (self._busy or self._outstanding or self.closed)

    @property
    def awaiting(self) -> Verb | None:
        """What is waited for, which decides how long to wait."""
        return self._outstanding[0] if self._outstanding else None

    @property
    def sending(self) -> bool:
        """Whether content is left to send."""
        return self._stream is not None and not self._stream.finished

    @property
    def ending(self) -> bool:
        """Whether the next chunk of content carries the final dot."""
        return self.sending and self._stream is not None and self._stream.ending

    def output(self) -> bytes:
        """Give the commands to send now, once."""
        out, self._out = self._out, []
        return b"".join(out)

    def content_chunk(self, now: int) -> tuple[bytes, list[Event]]:
        """Give the content's next chunk; the last one carries the final dot."""
        if self._stream is None or self._stream.finished:
            return b"", []
        try:
            return self._stream.take(), []
        except ContentError:
            self._decided = Failed(Reply(554, "5.6.0 The content has a CR or LF alone", "5.6.0"))
            self._hang_up(self._decided.reply, now)
            return b"", self._collect()

    def begin(self, envelope: Envelope, content: Sequence[bytes], now: int) -> list[Event]:
        """Begin a transaction; what can't be sent here is refused without a command.

        The session has to be ready, or closed: it may have ended since it told that it was ready.
        """
        self.transactions += 1
        self._talk.mark(now)
        if self.closed:
            return [Finished(self._talk.told(Deferred(_GONE)), untried=self.transactions > 1)]
        refused = unsendable(envelope, self.extensions)
        if refused is not None:
            return [Finished(self._talk.told(Failed(refused)))]
        self._busy, self._heard, self._taken = True, False, False
        self._content = content
        self._unsent.extend(commands(envelope, self.extensions))
        if self._reset:
            self._unsent.appendleft((Verb.RSET, b"RSET\r\n"))
        self._send_next()
        if "PIPELINING" in self.extensions:
            while self._unsent:
                self._send_next()
        return []

    def secured(self, version: str, now: int, security: TlsUsed | None = None) -> None:
        """Go on after the TLS handshake: what was said before it is forgotten (RFC 3207 §4.2)."""
        if self.closed:
            return
        self._talk.secure(version, security)
        self._talk.step("TLS", version, now)
        if self._tls is not Tls.FIRST:
            self.extensions = {}
            self._say(Verb.EHLO, self._hello)

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Take bytes from the server."""
        for item in self._parser.feed(data):
            if self.closed:
                break
            if isinstance(item, ProtocolError):
                self._breach(item.text, now)
            else:
                self._take(item, now)
        return self._collect()

    def lost(self, why: str, now: int, status: str = "4.4.2") -> list[Event]:
        """Take note that the connection is gone, or is given up: closed, reset, timed out.

        `status`: what kind of loss it was (RFC 3463), unless it was one in the middle of a session.
        """
        code = 451 if status.startswith("4.7.") else 421  # a policy's word, or the connection's end
        self._hang_up(Reply(code, f"{status} {why}", status), now)
        return self._collect()

    def quit(self) -> None:
        """Say good-bye on a ready session."""
        self._say(Verb.QUIT)

    # What a reply does: the actions of _TABLE.

    def _take(self, reply: ServerReply, now: int) -> None:
        if not self._outstanding:
            self._breach("a reply to nothing", now)
            return
        verb = self._outstanding[0]
        hello = verb is Verb.EHLO and reply.code < 300
        said = f"{reply.code} {reply.lines[0]}" if hello else str(reply.reply)
        self._talk.step(verb.value, said, now)
        action = self._TABLE.get((verb, reply.code // 100))
        if action is None:
            self._breach(f"{reply.code} does not answer {verb.value}", now)
            return
        self._outstanding.popleft()
        self._heard = self._heard or reply.code != 421
        action(self, reply, now)
        if reply.code == 421:
            self._hang_up(reply.reply, now)

    def _greeted(self, _reply: ServerReply, _now: int) -> None:
        self._say(Verb.EHLO, self._hello)

    def _ehlo_unknown(self, _reply: ServerReply, now: int) -> None:
        if self._tls in _DEMANDING:
            self._refuse(_without_tls(self._tls, self._required), now)
        else:
            self._say(Verb.HELO, self._hello)

    def _hello_taken(self, reply: ServerReply, now: int) -> None:
        for line in reply.lines[1:]:
            word, _, rest = line.partition(" ")
            self.extensions[word.upper()] = rest
        if self._talk.secured or self._tls is Tls.NEVER:
            self._log_in(now)
        elif "STARTTLS" in self.extensions:
            self._say(Verb.STARTTLS)
        elif self._tls in _DEMANDING:
            self._refuse(_without_tls(self._tls, self._required), now)
        else:
            self._log_in(now)

    def _helo_taken(self, _reply: ServerReply, now: int) -> None:
        self._log_in(now)

    def _tls_granted(self, _reply: ServerReply, now: int) -> None:
        if self._parser.idle:
            self._events.append(StartTls())
        else:
            self._breach("plain text after STARTTLS", now)

    def _tls_refused(self, reply: ServerReply, now: int) -> None:
        if self._tls in _DEMANDING:
            text = f"4.7.5 {self._required} and the server refused it: {reply.reply}"
            self._refuse(Deferred(Reply(451, text, "4.7.5")), now)
        else:
            self._log_in(now)

    def _logged_in(self, _reply: ServerReply, _now: int) -> None:
        self._set_up()

    def _login_asked(self, reply: ServerReply, now: int) -> None:
        if self._login_lines:
            self._outstanding.append(Verb.AUTH)
            self._out.append(self._login_lines.popleft())
        else:
            self._login_refused(reply, now)

    def _login_refused(self, reply: ServerReply, now: int) -> None:
        said = self._talk.fit(str(reply.reply))
        self._without_login(f"the server refused the login: {said}", now)

    def _session_refused(self, reply: ServerReply, now: int) -> None:
        self._refuse(_OUTCOMES[reply.code // 100](reply.reply), now)

    def _reset_refused(self, _reply: ServerReply, now: int) -> None:
        """Give the session up: the transaction can't begin on it, but may on another."""
        self._heard = False
        self._hang_up(Reply(421, "4.5.0 RSET refused", "4.5.0"), now)

    def _agreed(self, _reply: ServerReply, _now: int) -> None:
        if self._unsent:
            self._send_next()

    def _recipient_taken(self, _reply: ServerReply, _now: int) -> None:
        self._taken = True
        if self._unsent:
            self._send_next()

    def _command_refused(self, reply: ServerReply, _now: int) -> None:
        self._unsent.clear()
        self._reset = True
        self._decided = self._decided or _OUTCOMES[reply.code // 100](reply.reply)

    def _go_ahead(self, reply: ServerReply, now: int) -> None:
        if self._decided is not None and self._taken:
            self._hang_up(reply.reply, now)
            return
        self._outstanding.append(Verb.CONTENT)
        if self._decided is not None:
            self._out.append(b".\r\n")
        else:
            self._stream = ContentStream(self._content)

    def _content_answered(self, reply: ServerReply, now: int) -> None:
        early = self.sending
        if early and reply.code < 400:
            self._outstanding.appendleft(Verb.CONTENT)
            self._breach("the content was answered before its end", now)
            return
        self._reset = False
        self._decided = self._decided or _OUTCOMES[reply.code // 100](reply.reply)
        if early:
            self._hang_up(reply.reply, now)

    def _left(self, reply: ServerReply, now: int) -> None:
        self._hang_up(reply.reply, now)

    # The pieces that actions are made of.

    def _say(self, verb: Verb, argument: str = "") -> None:
        self._outstanding.append(verb)
        self._out.append(f"{verb.value} {argument}".rstrip().encode("ascii") + b"\r\n")

    def _send_next(self) -> None:
        verb, line = self._unsent.popleft()
        self._outstanding.append(verb)
        self._out.append(line)

    def _log_in(self, now: int) -> None:
        """Log in where there is a login; the session is not set up before."""
        if self._login is None:
            self._set_up()
            return
        lines = self._login.lines(self.extensions.get("AUTH", ""))
        if lines is None:
            self._without_login("the server offers neither AUTH PLAIN nor AUTH LOGIN", now)
            return
        self._login_lines.extend(lines)
        self._outstanding.append(Verb.AUTH)
        self._out.append(self._login_lines.popleft())

    def _without_login(self, why: str, now: int) -> None:
        self._login_failed = True
        self._refuse(Deferred(Reply(454, f"4.7.0 {why}", "4.7.0")), now)

    def _set_up(self) -> None:
        self._established = True
        self._events.append(Ready())

    def _refuse(self, outcome: Outcome, now: int) -> None:
        self._decided = outcome
        self._hang_up(outcome.reply, now)

    def _breach(self, text: str, now: int) -> None:
        self._hang_up(Reply(451, f"4.5.0 Protocol error: {text}", "4.5.0"), now)

    def _collect(self) -> list[Event]:
        """Give the events so far; a decided transaction ends when nothing is outstanding."""
        if self._busy and self._decided is not None and not self._outstanding:
            self._finish(self._decided)
        events, self._events = self._events, []
        return events

    def _finish(self, outcome: Outcome, *, untried: bool = False) -> None:
        self._busy, self._decided, self._stream, self._content = False, None, None, ()
        self._events.append(Finished(self._talk.told(outcome), untried))

    def _hang_up(self, reply: Reply, now: int) -> None:
        """End the session; what is undecided is decided by how far it got."""
        if self.closed:
            return
        self.closed = True
        # a handshake just told of is off: plain text came along with the reply to STARTTLS
        self._events = [event for event in self._events if not isinstance(event, StartTls)]
        decided = self._decided
        if decided is None and self.awaiting is not None:
            self._talk.step(self.awaiting.value, str(reply), now)
        if self._busy:
            dot_sent = self._stream is not None and self._stream.finished
            outcome = decided or (Unknown(reply) if dot_sent else Deferred(reply))
            self._finish(outcome, untried=self.transactions > 1 and not self._heard)
        elif not self._established:
            refused = self._talk.told(decided or Deferred(reply))
            self._events.append(Refused(refused, login=self._login_failed))
        self._outstanding.clear()
        self._unsent.clear()
        self._out.clear()
        self._events.append(Closed())

    # What is waited for, the reply's first digit, the action.
    _ROWS: ClassVar[tuple[tuple[Verb, tuple[int, ...], _Action], ...]] = (
        (Verb.GREETING, (2,), _greeted),
        (Verb.GREETING, (4, 5), _session_refused),
        (Verb.EHLO, (2,), _hello_taken),
        (Verb.EHLO, (4,), _session_refused),
        (Verb.EHLO, (5,), _ehlo_unknown),
        (Verb.HELO, (2,), _helo_taken),
        (Verb.HELO, (4, 5), _session_refused),
        (Verb.STARTTLS, (2,), _tls_granted),
        (Verb.STARTTLS, (4, 5), _tls_refused),
        (Verb.AUTH, (2,), _logged_in),
        (Verb.AUTH, (3,), _login_asked),
        (Verb.AUTH, (4, 5), _login_refused),
        (Verb.RSET, (2,), _agreed),
        (Verb.RSET, (4, 5), _reset_refused),
        (Verb.MAIL, (2,), _agreed),
        (Verb.RCPT, (2,), _recipient_taken),
        (Verb.DATA, (3,), _go_ahead),
        (Verb.MAIL, (4, 5), _command_refused),
        (Verb.RCPT, (4, 5), _command_refused),
        (Verb.DATA, (4, 5), _command_refused),
        (Verb.CONTENT, (2, 4, 5), _content_answered),
        (Verb.QUIT, (2, 4, 5), _left),
    )
    _TABLE: ClassVar[dict[tuple[Verb, int], _Action]] = {
        (verb, digit): action for verb, digits, action in _ROWS for digit in digits
    }


def _without_tls(tls: Tls, required: str) -> Outcome:
    text = f"{required} and the server does not offer it"
    if tls is Tls.ENFORCED:
        return Deferred(Reply(451, f"4.7.10 {text}", "4.7.10"))
    return Failed(Reply(554, f"5.7.10 {text}", "5.7.10"))
