"""The Query protocol at `/` (facts §1.5): a parameter says what is wanted, answers are XML.

Parameters stand in the form of a POST, in the query string of a GET (presigned or not), or in both,
each once. What this side refuses has the codes of the reference's common errors.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import unquote_plus

import msgspec

from pillarbox.base.errors import ApiError
from pillarbox.proto.aws.form import read_form
from pillarbox.proto.aws.json_refusal import DuplicateRefusal, Refusal, SerializationRefusal
from pillarbox.proto.aws.query_string import Pairs
from pillarbox.proto.aws.query_xml import write_answer, write_error
from pillarbox.proto.aws.rest_json import Answer
from pillarbox.wire.http.errors import (
    InvalidAction,
    InvalidQueryParameter,
    MalformedInput,
    MissingAction,
    ValidationError,
)
from pillarbox.wire.http.protocol import Body, Match
from pillarbox.wire.http.respond import Response
from pillarbox.wire.ses.action import AnyAction
from pillarbox.wire.ses.errors import members_of, status_of, text_of

VERSION = "2010-12-01"
NAMESPACE = f"http://ses.amazonaws.com/doc/{VERSION}/"
_XML = (b"content-type", b"text/xml")
_LONGEST_ACTION = 100


class QueryProtocol:
    """The actions that are served, by name. Raises ValueError for two of one name."""

    def __init__(self, actions: Iterable[AnyAction]) -> None:
        self._actions: dict[str, AnyAction] = {}
        for action in actions:
            if action.name in self._actions:
                raise ValueError(f"{action.name} is there twice")
            self._actions[action.name] = action

    def announced(self, method: str, raw_path: bytes) -> Match | None:  # noqa: ARG002
        """Find nothing: the action may stand in the body."""
        return None

    def identify(self, announced: Match | None, query: Pairs, body: Body) -> Match:  # noqa: ARG002
        """Find the action by its name and the version of the API."""
        name = _parameter("Action", query, body)
        if not name:
            raise MissingAction
        version = _parameter("Version", query, body) or VERSION
        action = self._actions.get(name)
        if action is None or version != VERSION:
            shown = name[:_LONGEST_ACTION], version[:_LONGEST_ACTION]
            raise InvalidAction("Could not find operation {} for version {}".format(*shown))
        return action, {}

    def decode(self, match: Match, query: Pairs, body: Body) -> msgspec.Struct:
        """Read a request from its parameters."""
        action: AnyAction = match[0]
        try:
            request: msgspec.Struct = action.codec.decode(_parameters(query, body))
        except SerializationRefusal as refusal:
            raise MalformedInput(str(refusal)) from None
        except DuplicateRefusal as refusal:
            raise InvalidQueryParameter(str(refusal)) from None
        except Refusal as refusal:
            raise ValidationError(str(refusal)) from None
        return request

    def success(self, match: Match, answer: Answer | None, request_id: str) -> Response:
        """Write an answer."""
        action: AnyAction = match[0]
        assert answer is None or isinstance(answer, msgspec.Struct)  # noqa: S101  # bare lists are no AWS
        document = write_answer(
            action.name,
            answer,
            namespace=NAMESPACE,
            request_id=request_id,
            result=action.result,
        )
        return Response(200, document, headers=(_XML,))

    def failure(self, error: ApiError, request_id: str) -> Response:
        """Write an error."""
        status = status_of(error)
        document = write_error(
            error.query_code,
            text_of(error),
            sender=status < 500,
            members=members_of(error),
            namespace=NAMESPACE,
            request_id=request_id,
        )
        return Response(status, document, error.query_code, headers=(_XML,))


def _parameters(query: Pairs, body: Body) -> Iterator[tuple[str, Body]]:
    for name, value in query:
        yield name, value.encode()
    yield from read_form(body)


def _parameter(name: str, query: Pairs, body: Body) -> str | None:
    """Find a parameter without reading the others, which may be megabytes."""
    values = [value for given, value in query if given == name]
    values += islice(_in_form(name.encode() + b"=", body), 2)
    if len(values) > 1:
        raise InvalidQueryParameter(f"The parameter {name} is given more than once.")
    return values[0] if values else None


def _in_form(start: bytes, body: Body) -> Iterator[str]:
    if body.startswith(start):
        yield _value(body, len(start))
    at = body.find(b"&" + start)
    while at >= 0:
        at += 1 + len(start)
        yield _value(body, at)
        at = body.find(b"&" + start, at)


def _value(body: Body, at: int) -> str:
    end = body.find(b"&", at)
    return unquote_plus(bytes(body[at : end if end >= 0 else len(body)]).decode("latin-1"))
