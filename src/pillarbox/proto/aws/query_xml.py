"""The answers and errors of the AWS Query protocol as XML (facts §1.5), generic over our shapes.

Takes an answer shape or what is to be said of an error; hands on a document in UTF-8. Lists are
`<member>`s, maps `<entry><key/><value/></entry>`, blobs base64, times ISO 8601 in UTC; members that
are None are left out. Well-formed for any text: what XML 1.0 can't hold (§2.2) is replaced by
U+FFFD, and a carriage return is written as a reference, so that a parser keeps it (§2.11).
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


def write_answer(
    operation: str,
    answer: msgspec.Struct | None,
    *,
    namespace: str,
    request_id: str,
    result: bool,
) -> bytes:
    """Write an answer; `result`: whether its members stand in an element of their own."""
    members = "".join(_members(answer)) if answer is not None else ""
    if result:
        members = _element(f"{operation}Result", members)
    metadata = _element("ResponseMetadata", _element("RequestId", escape(request_id)))
    return _document(f"{operation}Response", namespace, members + metadata)


def write_error(
    code: str,
    message: str,
    *,
    sender: bool,
    members: Mapping[str, str],
    namespace: str,
    request_id: str,
) -> bytes:
    """Write an error; `sender`: it is the caller's fault; `members`: what its model has besides."""
    said = {"Type": "Sender" if sender else "Receiver", "Code": code, "Message": message}
    error = "".join(_element(name, escape(text)) for name, text in {**said, **members}.items())
    request = _element("RequestId", escape(request_id))
    return _document("ErrorResponse", namespace, _element("Error", error) + request)


def escape(text: str) -> str:
    """Write text as the content of an element."""
    return _UNFIT.sub("\ufffd", text).translate(_SPECIAL)


def _document(root: str, namespace: str, content: str) -> bytes:
    return f'<{root} xmlns="{namespace}">{content}</{root}>'.encode()


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>" if content else f"<{name}/>"


def _members(shape: msgspec.Struct) -> Iterator[str]:
    for attribute, name in zip(
        shape.__struct_fields__, shape.__struct_encode_fields__, strict=True
    ):
        value = getattr(shape, attribute)
        if value is not None:
            yield _element(name, _content(value))


def _content(value: object) -> str:
    match value:
        case str():
            return escape(value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case datetime():
            return _moment(value)
        case msgspec.Struct():
            return "".join(_members(value))
        case Mapping():
            return "".join(_entries(value.items()))
        case Iterable():
            return "".join(_element("member", _content(one)) for one in value)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in XML")


def _entries(pairs: Iterable[tuple[object, object]]) -> Iterator[str]:
    for key, value in pairs:
        content = _element("key", _content(key)) + _element("value", _content(value))
        yield _element("entry", content)


def _moment(value: datetime) -> str:
    text = value.astimezone(UTC).isoformat(
        timespec="milliseconds" if value.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")
