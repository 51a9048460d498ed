"""SES v1: every shape, required member, enum and error is botocore's; botocore writes the requests
that we read, and reads the answers that we write.
"""

import datetime as dt
import random
from types import NoneType
from typing import Any, get_type_hints

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import msgspec
import pytest
from msgspec import inspect

from pillarbox.proto.aws.form import read_form
from pillarbox.proto.aws.query_form import FormCodec
from pillarbox.proto.aws.query_xml import write_answer
from pillarbox.wire.ses.action import AnyAction
from pillarbox.wire.ses.errors import MEMBERS
from pillarbox.wire.ses.operations import actions
from pillarbox.wire.ses.protocol import NAMESPACE, VERSION
from pillarbox.wire.ses.shared_shapes import Empty
from tests.wire.test_shapes_match_botocore import described, modelled

MODEL = botocore.loaders.Loader().load_service_model("ses", "service-2", VERSION)
SERVICE = botocore.model.ServiceModel(MODEL, "ses")
SERIALIZER = botocore.serialize.create_serializer("query", include_validation=False)
PARSER = botocore.parsers.create_parser("query")
NOTHING: Any = None
ACTIONS = {action.name: action for action in actions(NOTHING)}
ALL = pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
#: Required in the model; here the service itself says what is missing (docs/compat-rules.md).
OPTIONAL_HERE: set[tuple[str, str]] = set()


def answer_shape(action: AnyAction) -> Any:
    handler = getattr(action.handler, "__wrapped__", action.handler)
    answer = get_type_hints(handler)["return"]
    return Empty if answer is NoneType else answer


@ALL
def test_request_is_the_models(action: AnyAction) -> None:
    operation = MODEL["operations"][action.name]
    expected = modelled(MODEL, operation["input"]["shape"], "query") if "input" in operation else {}
    assert described(action.request, OPTIONAL_HERE) == expected


@ALL
def test_answer_is_the_models(action: AnyAction) -> None:
    output = MODEL["operations"][action.name].get("output")
    expected = modelled(MODEL, output["shape"], "query") if output else {}
    assert described(answer_shape(action), OPTIONAL_HERE) == expected
    wrapper = output and output.get("resultWrapper")
    assert wrapper == (f"{action.name}Result" if action.result else None)


@ALL
def test_every_modelled_error_has_its_members(action: AnyAction) -> None:
    for one in MODEL["operations"][action.name].get("errors", ()):
        shape = MODEL["shapes"][one["shape"]]
        assert MEMBERS.get(shape["error"]["code"], ()) == tuple(shape["members"])


TEXTS = ("", "plain", "a b+c&d=e%20", "Grüße <&> \"'", "日本 😀", " \t", "x" * 5_000)


class Made:
    """Values of our own shapes, made up."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def shape(self, shape: Any) -> Any:
        """An instance of a shape."""
        return self._of(inspect.type_info(shape))

    def _of(self, kind: Any) -> Any:
        match kind:
            case inspect.Metadata():
                return self._of(kind.type)
            case inspect.UnionType():
                return self._of(present(kind)) if self._chance.random() < 0.8 else None
            case inspect.StructType():
                return self._structure(kind)
            case inspect.VarTupleType():
                count = self._chance.choice((0, 1, 2, 12))
                return tuple(self._of(kind.item_type) for _ in range(count))
            case inspect.DictType():
                keys = self._chance.sample(TEXTS[1:], 2)
                return {key: self._of(kind.value_type) for key in keys}
            case _:
                return self._scalar(kind)

    def _structure(self, kind: Any) -> Any:
        given = {field.name: self._of(field.type) for field in kind.fields}
        if given and all(value is None for value in given.values()):
            # Query can't write a structure without members.
            first = kind.fields[0]
            given[first.name] = self._of(present(first.type))
        return kind.cls(**given)

    def _scalar(self, kind: Any) -> Any:
        chance = self._chance
        match kind:
            case inspect.LiteralType():
                return chance.choice(kind.values)
            case inspect.BoolType():
                return chance.random() < 0.5
            case inspect.IntType():
                return chance.randrange(kind.ge or 0, 2**40 if kind.le is None else kind.le + 1)
            case inspect.FloatType():
                return chance.choice((0.0, -1.0, 50_000.0, 12.5))
            case inspect.BytesType():
                return chance.randbytes(chance.choice((0, 1, 1_000, 20_000)))
            case inspect.DateTimeType():
                at = dt.datetime(2026, 11, 21, 7, 45, tzinfo=dt.UTC)
                return at + dt.timedelta(minutes=15 * chance.randrange(1_000))
            case _:
                return chance.choice(TEXTS[1:] if kind.min_length else TEXTS)


def present(kind: Any) -> Any:
    """The type of an optional member without its None."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    (rest,) = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    return rest


@ALL
@pytest.mark.parametrize("seed", range(8))
def test_what_botocore_writes_is_read_whole(action: AnyAction, seed: int) -> None:
    made = Made(seed).shape(action.request)
    members = msgspec.to_builtins(made, builtin_types=(bytes, dt.datetime))
    request = SERIALIZER.serialize_to_request(members, SERVICE.operation_model(action.name))
    assert request["body"]["Action"] == action.name
    prepared = botocore.awsrequest.AWSRequest("POST", "http://x/", data=request["body"]).prepare()
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    assert FormCodec(action.request).decode(read_form(body)) == made


@ALL
@pytest.mark.parametrize("seed", range(8))
def test_what_is_answered_is_read_whole_by_botocore(action: AnyAction, seed: int) -> None:
    made = Made(seed).shape(answer_shape(action))
    document = write_answer(
        action.name, made, namespace=NAMESPACE, request_id="an-id", result=action.result
    )
    operation = SERVICE.operation_model(action.name)
    answer = {"status_code": 200, "headers": {"x-amzn-requestid": "an-id"}, "body": document}
    read = PARSER.parse(answer, operation.output_shape)
    metadata = read.pop("ResponseMetadata")
    assert metadata["RequestId"] == "an-id"
    members = msgspec.to_builtins(made, builtin_types=(bytes, dt.datetime))
    assert read == listed(members)


def listed(value: Any) -> Any:
    """The same with lists for tuples, as botocore gives them."""
    if isinstance(value, dict):
        return {key: listed(one) for key, one in value.items()}
    return [listed(one) for one in value] if isinstance(value, list | tuple) else value
