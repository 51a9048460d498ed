"""What always holds of a scanner's reply: nothing but its own OK is clean."""

from pillarbox.proto.clamd import MAX_REPLY, Clean, Failed, Found, ReplyReader, read_verdict

REPLIES = (
    b"stream: OK\0",
    b"stream: Win.Test.Eicar FOUND\0",
    b"INSTREAM size limit exceeded. ERROR\0",
)


def reply(data: bytes) -> None:
    """A reply is whole at its NUL, its end or its limit, and names in it are printable ASCII."""
    reader = ReplyReader()
    text = reader.feed(data)
    if text is None:
        text = reader.feed(b"")
    assert text is not None
    assert len(text) <= MAX_REPLY
    verdict = read_verdict(text)
    assert (verdict == Clean()) is (text == "stream: OK")
    if isinstance(verdict, Found):
        assert verdict.name.isascii()
        assert verdict.name.isprintable()
        assert " " not in verdict.name
    if isinstance(verdict, Failed):
        assert verdict.why.isascii()
        assert verdict.why.isprintable()
