"""What an operation of the JSON APIs is: where it is reached, what it takes, and who does the work.

Takes nothing from the network: `router` finds an Operation, `api_app` makes the Call and hands it
over.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from pillarbox.model.credentials import Caller
from pillarbox.proto.aws.query_string import Pairs
from pillarbox.proto.aws.rest_json import Answer, RequestCodec
from pillarbox.wire.http.errors import Api

RequestT = TypeVar("RequestT", bound=msgspec.Struct)

_LABEL = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[RequestT]):
    """One authenticated call of an operation, decoded."""

    caller: Caller
    request: RequestT
    api: Api
    request_id: str


Handler = Callable[[Call[RequestT]], Awaitable[Answer | None]]


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[RequestT]):
    """One operation under one path, such as `GET /v1/email/identities/{EmailIdentity}`.

    `request`: the shape that holds all it takes: labels of the path, members of the query string
    (named in `query`) and of the body. `body_without_query`: a JSON body is read even though the
    method is GET, when there is no query string (v1's list calls). `resource`: the resource of the
    account that AccessDenied names, with labels. `unsigned_locally`: may be answered without a
    signature where ApiApp allows it. `metered`: counts for the rate of API calls; sending has
    limits of its own. `label_members`: the members that the labels of the path stand for, in their
    order: `{IP}` is `Ip`.
    """

    name: str
    method: str
    path: str
    request: type[RequestT]
    handler: Handler[RequestT]
    query: tuple[str, ...] = ()
    body_without_query: bool = False
    resource: str = "*"
    unsigned_locally: bool = False
    metered: bool = True
    codec: RequestCodec[RequestT] = field(init=False)
    label_members: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        members = tuple(_member(self.request, label) for label in self.labels)
        object.__setattr__(self, "codec", RequestCodec(self.request, self.query))
        object.__setattr__(self, "label_members", members)

    @property
    def labels(self) -> list[str]:
        """The labels of the path, in their order."""
        return _LABEL.findall(self.path)

    @property
    def api(self) -> Api:
        """Which of the two JSON APIs it belongs to; what lies below neither prefix answers as v2
        does.
        """
        return api_of(self.path.encode())

    def reads_body(self, query: Pairs) -> bool:
        """Tell whether a body counts: not with GET and DELETE, but for v1's list calls without own
        parameters.
        """
        if self.method in {"POST", "PUT"}:
            return True
        return self.body_without_query and all(_is_common(name) for name, _ in query)


def _member(request: type[msgspec.Struct], label: str) -> str:
    names = (one.encode_name for one in msgspec.structs.fields(request))
    return next((name for name in names if name.lower() == label.lower()), label)


#: One with whatever request, as lists of operations hold them.
AnyOperation = Operation[Any]


def _is_common(name: str) -> bool:
    return name.startswith("X-Amz-") or name in {"Action", "Version"}


def api_of(raw_path: bytes) -> Api:
    """Tell by the path which API's rules apply; SES v1 Query, at `/`, shares those of v2."""
    return "v1" if raw_path.startswith(b"/v1/") else "v2"
