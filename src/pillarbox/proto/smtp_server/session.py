"""The server's side of an SMTP session (RFC 5321; PIPELINING RFC 2920, STARTTLS RFC 3207, AUTH RFC
4954, SIZE RFC 1870, 8BITMIME RFC 6152, CHUNKING RFC 3030).

Sans I/O: takes bytes, hands on replies to send and questions (`Event`) for its owner to answer.

Theory. A session is in one `State`, and a command is one row of `_TABLE`: (state, verb) -> action;
what has no row is out of sequence (503). `_ANYWHERE` has the commands that are welcome in every
state. In three states no command is expected: octets belong to a message (CONTENT, CHUNK) or answer
a challenge (SASL). Beside its state a session may wait for the answer to a question; until it has
one, what the client sends meanwhile is only kept, so that pipelined commands are taken in order and
one at a time. `_ANSWERED` says what an answer does.

    CONNECTED  -EHLO->  GREETED  -MAIL->  SENDER  -RCPT->  RECIPIENTS  -DATA->  CONTENT  -> GREETED
                        GREETED  -AUTH->  SASL -> GREETED  RECIPIENTS  -BDAT->  CHUNK -> CHUNKS
    -STARTTLS-> (handshake) -> CONNECTED, and all that was said before is forgotten

Nothing but CR LF ends a line and nothing but CR LF . CR LF ends a message; a CR or LF alone in a
command ends the session. Bounded: a line, the commands between two messages, errors, recipients,
the message. The owner sends `output()` after each call, stops reading while it owes an answer and
`waiting` grows, and closes the connection when `closed`.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from pillarbox.proto.smtp_server import replies
from pillarbox.proto.smtp_server.auth import MECHANISMS, SaslExchange
from pillarbox.proto.smtp_server.commands import (
    cut_line,
    read_chunk,
    read_hello,
    read_mail,
    read_recipient,
    read_verb,
)
from pillarbox.proto.smtp_server.content import ChunkContent, DataContent, Transaction
from pillarbox.proto.smtp_server.events import (
    Authenticate,
    Content,
    Event,
    MailFrom,
    Message,
    RcptTo,
    StartTls,
    State,
    Verb,
)
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import Answer

#: What needs authority. Out of sequence they are no errors of the client: with PIPELINING they were
#: sent before it knew that the command before them is refused.
_TRANSACTION = frozenset({Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.BDAT})
_CONSTANT = {
    Verb.NOOP: replies.OK,
    Verb.VRFY: replies.VERIFY_UNKNOWN,
    Verb.EXPN: replies.NOT_OFFERED,
    Verb.HELP: replies.HELP,
    Verb.QUIT: replies.BYE,
}


class SmtpServer:
    """One session: `receive` bytes, `next_event` until None, `answer` each, send `output`."""

    def __init__(self, policy: ServerPolicy, *, secured: bool = False) -> None:
        """Begin with the greeting; `secured`: TLS is there already (implicit TLS)."""
        self._policy = policy
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._asking: Event | None = None
        self._sasl = SaslExchange("PLAIN")
        self._commands = self._errors = 0
        self.hello = ""
        self.secured = secured
        self.extended = self.authenticated = self.closed = self.at_rest = False
        self._end_transaction()
        self._say(Answer(220, f"{policy.host} ESMTP Pillarbox"))

    @property
    def in_transaction(self) -> bool:
        """Whether MAIL was taken and what becomes of the message is open."""
        return self.state >= State.SENDER

    @property
    def content_size(self) -> int:
        """Octets of content in memory."""
        return self._mail.data.size + self._mail.chunks.size

    @property
    def waiting(self) -> int:
        """Octets received and not looked at yet."""
        return len(self._buffer)

    def output(self) -> bytes:
        """Give what is to be sent now, once."""
        out, self._out = self._out, []
        return b"".join(out)

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        if not self.closed:
            self._buffer += data

    def next_event(self) -> Event | None:
        """Go on as far as possible; give the next question, None when more bytes are needed."""
        while self._asking is None and not self.closed:
            if not self._step():
                return None
        return self._asking

    def answer(self, answer: Answer) -> None:
        """Answer the question that `next_event` gave last."""
        asked, self._asking = self._asking, None
        if asked is not None:
            self._ANSWERED[type(asked)](self, answer, asked)

    def handshake_done(self) -> None:
        """Go on after the TLS handshake: what was said before it is forgotten (RFC 3207 §4.2)."""
        self._asking = None
        self._buffer.clear()
        self.secured, self.hello = True, ""
        self.extended = self.authenticated = False
        self._end_transaction()

    def hang_up(self, answer: Answer) -> None:
        """End the session with a closing reply, whatever was under way."""
        self._say(answer)

    def _step(self) -> bool:
        """Consume one line or a piece of content; False when there is not enough of it."""
        if self.state >= State.CONTENT:
            return self._take_content()
        line = cut_line(self._buffer, self._policy.max_line)
        if line is None:
            return False
        if isinstance(line, Answer):
            self.hang_up(line)
        elif self.state is State.SASL:
            self._go_on_with_sasl(self._sasl.respond(line))
        else:
            self._take_command(line)
        return True

    def _take_content(self) -> bool:
        piece, self._buffer = self._buffer, bytearray()
        in_chunk = self.state is State.CHUNK
        rest = self._mail.chunks.feed(piece) if in_chunk else self._mail.data.feed(piece)
        if rest is None:
            return False
        self._buffer = bytearray(rest)
        self._chunk_complete() if in_chunk else self._message_complete(self._mail.data)
        return True

    def _take_command(self, line: bytes) -> None:
        self._commands += 1
        if self._commands > self._policy.max_commands:
            self.hang_up(replies.TOO_MANY_COMMANDS)
            return
        verb, argument = read_verb(line)
        if verb is None:
            self._complain(replies.UNKNOWN_COMMAND)
            return
        if verb in _CONSTANT:
            self._say(_CONSTANT[verb])
            return
        action = self._ANYWHERE.get(verb) or self._TABLE.get((self.state, verb))
        lacking = None
        if verb in _TRANSACTION and not self.authenticated:
            lacking = self._policy.lacking(secured=self.secured)
        if action is None or lacking is not None:
            self._refuse(verb, argument, lacking or replies.BAD_SEQUENCE)
        else:
            action(self, argument)

    def _refuse(self, verb: Verb, argument: bytes, refusal: Answer) -> None:
        """Refuse a command; the octets that come with BDAT are taken and forgotten."""
        chunk = read_chunk(argument) if verb is Verb.BDAT else None
        if chunk is not None:
            self._end_transaction()
            self._mail.chunks.begin(chunk[0])
            self._swallow(refusal)
        elif verb in _TRANSACTION:
            self._say(refusal)
        else:
            self._complain(refusal)

    # What a command does: the actions of _ANYWHERE and _TABLE.

    def _ehlo(self, argument: bytes) -> None:
        if not self._greeted(argument):
            return
        self.extended = True
        lines = [self._policy.host, *self._policy.extensions(secured=self.secured)]
        self._out.append("".join(f"250-{line}\r\n" for line in lines).encode() + b"250 Ok\r\n")

    def _helo(self, argument: bytes) -> None:
        if self._greeted(argument):
            self._say(Answer(250, self._policy.host))

    def _greeted(self, argument: bytes) -> bool:
        name = read_hello(argument)
        if name is None:
            self._complain(replies.BAD_ARGUMENT)
            return False
        self.hello, self.extended = name, False
        self._end_transaction()
        return True

    def _starttls(self, argument: bytes) -> None:
        if self.secured or not self._policy.tls:
            self._complain(replies.BAD_SEQUENCE if self.secured else replies.NOT_OFFERED)
        elif argument:
            self._complain(replies.BAD_ARGUMENT)
        else:
            self._asking = StartTls()

    def _auth(self, argument: bytes) -> None:
        mechanism, _, initial = argument.partition(b" ")
        name = mechanism.upper().decode("latin-1")
        if self.authenticated:
            self._complain(replies.BAD_SEQUENCE)
        elif not self._policy.offers_auth(secured=self.secured):
            self._complain(self._policy.auth_refusal)
        elif name not in MECHANISMS:
            self._complain(replies.UNKNOWN_MECHANISM)
        else:
            self._sasl = SaslExchange(name)
            self._go_on_with_sasl(self._sasl.begin(initial.strip()))

    def _go_on_with_sasl(self, result: Answer | Authenticate) -> None:
        self.state = State.GREETED
        if isinstance(result, Authenticate):
            self._asking = result
        elif result.code == 334:
            self.state = State.SASL
            self._say(result)
        else:
            self._complain(result)

    def _begin_mail(self, argument: bytes) -> None:
        found = read_mail(argument)
        if isinstance(found, Answer):
            self._complain(found)
        elif found.size > self._policy.max_size:
            self._say(replies.MESSAGE_TOO_LONG)
        else:
            self._asking = MailFrom(found.address, found.size)

    def _rcpt(self, argument: bytes) -> None:
        found = read_recipient(argument)
        if isinstance(found, Answer):
            self._complain(found)
        elif len(self._mail.recipients) >= self._policy.max_recipients:
            self._say(replies.TOO_MANY_RECIPIENTS)
        else:
            self._asking = RcptTo(found)

    def _begin_data(self, argument: bytes) -> None:
        if argument:
            self._complain(replies.BAD_ARGUMENT)
        elif self.state is State.SENDER:
            self._say(replies.NO_RECIPIENTS)
        else:
            self._asking = Content(self._mail.declared)

    def _begin_chunk(self, argument: bytes) -> None:
        chunk = read_chunk(argument)
        if chunk is None:  # octets follow, and nobody knows how many
            self.hang_up(replies.BAD_CHUNK)
            return
        first = self.state is State.RECIPIENTS
        octets, self._mail.last_chunk = chunk
        self._mail.chunks.begin(octets)
        self.state = State.CHUNK
        if first:
            self._asking = Content(max(octets, self._mail.declared))

    def _rset(self, _argument: bytes) -> None:
        self._end_transaction()
        self._say(replies.OK)

    # What an answer does: the actions of _ANSWERED.

    def _tls_answered(self, answer: Answer, asked: StartTls) -> None:
        """Say so, and drop what came along in the clear (RFC 3207 §4.2)."""
        self._say(answer)
        if answer.code == 220:
            self._buffer.clear()
            self._asking = asked  # nothing is taken before `handshake_done`

    def _login_answered(self, answer: Answer, _asked: Authenticate) -> None:
        self.authenticated = answer.code == 235
        if answer.code // 100 == 5:
            self._complain(answer)
        else:
            self._say(answer)

    def _sender_answered(self, answer: Answer, asked: MailFrom) -> None:
        self._say(answer)
        if answer.code == 250:
            self._mail.sender, self._mail.declared = asked.address, asked.size
            self.state = State.SENDER

    def _recipient_answered(self, answer: Answer, asked: RcptTo) -> None:
        self._say(answer)
        if answer.code == 250:
            self._mail.recipients.append(asked.address)
            self.state = State.RECIPIENTS

    def _content_answered(self, answer: Answer, _asked: Content) -> None:
        if self.state is State.CHUNK:
            if answer.code != 354:
                self._swallow(answer)
            return
        self._say(answer)
        if answer.code == 354:
            self.state = State.CONTENT
        else:
            self._end_transaction()

    def _message_answered(self, answer: Answer, _asked: Message) -> None:
        self._end_transaction()
        self._say(answer)
        if answer.code == 250:
            self._commands = 0

    def _chunk_complete(self) -> None:
        refusal = self._mail.refusal or (
            replies.MESSAGE_TOO_LONG if self._mail.chunks.too_long else None
        )
        if refusal is not None:
            self._end_transaction()
            self._say(refusal)
        elif self._mail.last_chunk:
            self._message_complete(self._mail.chunks)
        else:
            self.state = State.CHUNKS
            self._say(replies.OK)

    def _message_complete(self, content: DataContent | ChunkContent) -> None:
        found = self._mail.complete(content, self._policy)
        if isinstance(found, Message):
            self._asking = found
        else:
            self._end_transaction()
            self._say(found)

    def _swallow(self, refusal: Answer) -> None:
        """Take the chunk that has begun, forget it, and then refuse it."""
        self._mail.chunks.discard()
        self._mail.refusal, self.state = refusal, State.CHUNK

    def _end_transaction(self) -> None:
        self.state = State.GREETED if self.hello else State.CONNECTED
        self._mail = Transaction(self._policy.max_size)

    def _complain(self, answer: Answer) -> None:
        """Refuse what the client should have known better; too much of it ends the session."""
        self._say(answer)
        self._errors += 1
        if self._errors > self._policy.max_errors:
            self.hang_up(replies.TOO_MANY_ERRORS)

    def _say(self, answer: Answer) -> None:
        if self.closed:
            return
        self._out.append(answer.encode(enhanced=self._policy.enhanced and self.extended))
        if answer.closing:
            self.closed, self._asking = True, None
            self.at_rest = answer in {replies.BYE, replies.SHUTTING_DOWN}
            self._buffer.clear()
            self._end_transaction()

    _ANYWHERE: ClassVar[dict[Verb, Callable[["SmtpServer", bytes], None]]] = {
        Verb.EHLO: _ehlo,
        Verb.HELO: _helo,
        Verb.RSET: _rset,
    }
    _TABLE: ClassVar[dict[tuple[State, Verb], Callable[["SmtpServer", bytes], None]]] = {
        (State.CONNECTED, Verb.STARTTLS): _starttls,
        (State.GREETED, Verb.STARTTLS): _starttls,
        (State.GREETED, Verb.AUTH): _auth,
        (State.GREETED, Verb.MAIL): _begin_mail,
        (State.SENDER, Verb.RCPT): _rcpt,
        (State.SENDER, Verb.DATA): _begin_data,
        (State.RECIPIENTS, Verb.RCPT): _rcpt,
        (State.RECIPIENTS, Verb.DATA): _begin_data,
        (State.RECIPIENTS, Verb.BDAT): _begin_chunk,
        (State.CHUNKS, Verb.BDAT): _begin_chunk,
    }
    _ANSWERED: ClassVar[dict[type[Event], Callable[["SmtpServer", Answer, Any], None]]] = {
        StartTls: _tls_answered,
        Authenticate: _login_answered,
        MailFrom: _sender_answered,
        RcptTo: _recipient_answered,
        Content: _content_answered,
        Message: _message_answered,
    }
