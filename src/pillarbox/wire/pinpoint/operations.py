"""Amazon Pinpoint Email v1 (2018-07-26): the handlers of SES v2, with a short table of differences.

Same methods and paths with `/v1/` for `/v2/`; the list calls in their GET form only, which read a
JSON body when there is no query string, as the reference prints them. Shapes lose the members that
only v2 has (`members.py`).
"""

from dataclasses import replace
from typing import Any, get_args

import msgspec

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.http.operation import AnyOperation, Call, Handler, Operation
from pillarbox.wire.pinpoint.members import v1_form
from pillarbox.wire.sesv2.dialect import Dialect
from pillarbox.wire.sesv2.event_destination_shapes import FirstEventType
from pillarbox.wire.sesv2.operations import shared_operations
from pillarbox.wire.sesv2.services import Services

V1 = Dialect(
    identity_again=True,
    metrics_by_default=False,
    least_identity_page=0,
    mail_from_always=False,
    dotted_values=False,
    event_types=frozenset(get_args(FirstEventType)),
    whole_options=False,
)


def operations(services: Services) -> tuple[AnyOperation, ...]:
    """Give the operations of Pinpoint Email v1."""
    return tuple(_in_v1(operation) for operation in shared_operations(services, V1))


def _in_v1(operation: AnyOperation) -> AnyOperation:
    request: type[Shape] = operation.request
    return Operation(
        name=operation.name,
        method=operation.method,
        path=operation.path.replace("/v2/", "/v1/", 1),
        request=v1_form(request),
        handler=_translated(request, operation.handler),
        query=operation.query,
        body_without_query=bool(operation.query),
        resource=operation.resource,
        metered=operation.metered,
    )


def _translated(request_type: type[Shape], handler: Handler[Any]) -> Handler[Any]:
    """Hand a v1 request to a v2 handler, and its answer back as v1's."""

    async def translated(call: Call[Any]) -> msgspec.Struct | None:
        request = msgspec.convert(call.request, request_type, from_attributes=True)
        answer: Any = await handler(replace(call, request=request))
        if answer is None:
            return None
        shape: type[Shape] = type(answer)
        narrowed: msgspec.Struct = msgspec.convert(answer, v1_form(shape), from_attributes=True)
        return narrowed

    return translated
