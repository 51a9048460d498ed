"""What always holds of unsubscribe links, of what is posted to them, and of mail that has them."""

from pillarbox.proto.links.one_click import is_one_click
from pillarbox.proto.links.unsubscribe_token import (
    UnsubscribeLink,
    read_unsubscribe_token,
    write_unsubscribe_url,
)
from pillarbox.proto.mime.unsubscribe import with_unsubscribe
from pillarbox.proto.segment_rule import RuleError, parse_rule

KEY, HOST = b"k" * 32, "email.shop.example"
URL = write_unsubscribe_url(
    UnsubscribeLink(
        account_id="123456789012",
        list_name="shop",
        topic="news",
        address="me@example.com",
        message_id=bytes(16),
        position=1,
    ),
    f"https://{HOST}",
    KEY,
)
TOKEN = URL.partition("/u/")[2]
TOKENS = (TOKEN.encode(), TOKEN[:-4].encode(), b"A" * 90)
POSTS = (
    b"List-Unsubscribe=One-Click",
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--',
    b"topic=a&topic=b&action=save",
)
MAILS = (
    b"Subject: x\r\nContent-Type: text/html\r\n\r\n<a href='{{amazonSESUnsubscribeUrl}}'>\r\n",
    b"List-Unsubscribe: <x:y>\r\n\r\n{{ amazonSESUnsubscribeUrl }}\r\n",
)
RULES = (
    b"opened in 30 days and not (clicked or bounced)",
    b'never opened after 5 sends and attribute plan is "a b"',
    b"sent at least 3 times or soft_bounced in 2 hours",
)


def token(data: bytes) -> None:
    """What is read was written by us, for this host: nothing else is."""
    text = data.decode("latin-1")
    found = read_unsubscribe_token(text, HOST, KEY)
    assert found is None or text == TOKEN
    assert read_unsubscribe_token(text, "other.example", KEY) is None


def post(data: bytes) -> None:
    """Any body is read; none asks for one click that does not say so."""
    if is_one_click(data):
        assert b"one" in data.lower() or b"%" in data


def copy(data: bytes) -> None:
    """A copy has our two fields once, in front of the body, and is hardly longer."""
    if b"\r\n\r\n" not in data:
        return
    made = with_unsubscribe(data, URL)
    if made == data:
        return
    head = made.partition(b"\r\n\r\n")[0].lower()
    assert head.count(b"list-unsubscribe-post: list-unsubscribe=one-click") == 1
    assert len(made) <= 3 * len(data) + 20 * len(URL)


def rule(data: bytes) -> None:
    """Any text is a rule, or refused with a reason; small and capital letters are the same."""
    text = data.decode("latin-1")
    try:
        found = parse_rule(text)
    except RuleError as error:
        assert str(error)
        return
    if "attribute" not in text.lower():
        assert parse_rule(text.upper()) == found
