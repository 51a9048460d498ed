"""A form as a browser sends it (`application/x-www-form-urlencoded`), and what is wrong with it.

Reads are bounded. Raises BadRequest for what no form of ours sends.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.requests import Request

from pillarbox.base.errors import ApiError, BadRequest
from pillarbox.proto.aws import form as urlencoded
from pillarbox.proto.aws.json_refusal import SerializationRefusal

MAX_BODY = 2 * 1024 * 1024
MAX_FIELDS = 2000
#: A larger body is read beside the event loop.
_AT_ONCE = 256 * 1024
_TYPE = "application/x-www-form-urlencoded"


class FormError(Exception):
    """A form can't be taken as it is. `problems`: by field, what to change; "" for all of it."""

    def __init__(self, problems: dict[str, str], status: int = 422) -> None:
        super().__init__(str(problems))
        self.problems = problems
        self.status = status


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in their order; a name may come several times."""

    fields: tuple[tuple[str, str], ...] = ()
    _first: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        first: dict[str, str] = {}
        for name, value in self.fields:
            first.setdefault(name, value)
        object.__setattr__(self, "_first", first)

    def text(self, name: str, default: str = "") -> str:
        """Give a field without spaces around it."""
        return self._first.get(name, default).strip()

    def raw(self, name: str, default: str = "") -> str:
        """Give a field as it was typed."""
        return self._first.get(name, default)

    def optional(self, name: str) -> str | None:
        """Give a field, None when it is empty."""
        return self.text(name) or None

    def checked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return name in self._first

    def all(self, name: str) -> list[str]:
        """Give all values of a name, those that are empty left out."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]

    def without(self, name: str) -> "Form":
        """Give the form without a field: what is not shown again when the form is."""
        return Form(tuple(one for one in self.fields if one[0] != name))

    def number(self, name: str) -> int | None:
        """Give a whole number, None when the field is empty; raises FormError."""
        text = self.text(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise FormError({name: "This must be a whole number."}) from None


@contextmanager
def blame(name: str) -> Iterator[None]:
    """Say that what goes wrong inside is this field's fault."""
    try:
        yield
    except ApiError as error:
        if error.status >= 500:
            raise
        raise FormError({name: error.message}) from error


async def read_form(request: Request, most: int = MAX_BODY) -> Form:
    """Read the form of a request, of at most so many octets; raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise BadRequest("This is not a form.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BadRequest("This form is too large.")
    if len(body) > _AT_ONCE:
        return await asyncio.to_thread(parse_form, body)
    return parse_form(body)


def parse_form(body: bytes | bytearray) -> Form:
    """Read a form's body; raises BadRequest."""
    if body.count(b"&") >= MAX_FIELDS:
        raise BadRequest("This form has too many fields.")
    try:
        pairs = [(name, value.decode()) for name, value in urlencoded.read_form(body)]
    except (SerializationRefusal, UnicodeDecodeError):
        raise BadRequest("This form can't be read.") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise BadRequest("A form holds no NUL.")
    return Form(tuple((name, value.replace("\r\n", "\n")) for name, value in pairs))
