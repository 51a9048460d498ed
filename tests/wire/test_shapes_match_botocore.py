"""Every shape, member, type, enum, bound, required member, path and error is botocore's."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from types import NoneType
from typing import Any, get_type_hints

import botocore.loaders
import msgspec
import pytest
from msgspec import inspect

from pillarbox.base import errors
from pillarbox.wire.pinpoint.members import v1_form
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.sesv2 import shared_shapes
from pillarbox.wire.sesv2.operations import operations as v2_operations

LOADER = botocore.loaders.Loader()
MODELS = {
    "v1": LOADER.load_service_model("pinpoint-email", "service-2", "2018-07-26"),
    "v2": LOADER.load_service_model("sesv2", "service-2", "2019-09-27"),
}
#: GET as older SDKs have it: what a newer model no longer knows (facts §1.3).
OLD_LISTS = {("ListConfigurationSets", "GET"), ("ListEmailIdentities", "GET")}
#: Required in the model; here the service itself says what is missing, in its own words, or the
#: real service leaves it out of answers (docs/compat-rules.md).
OPTIONAL_HERE = {
    ("CreateConfigurationSetRequest", "ConfigurationSetName"),
    ("TrackingOptions", "CustomRedirectDomain"),
    ("MailFromAttributes", "MailFromDomain"),
    ("MailFromAttributes", "MailFromDomainStatus"),
    ("CreateDedicatedIpPoolRequest", "PoolName"),
    ("PutDedicatedIpPoolScalingAttributesRequest", "ScalingMode"),
    ("PutDedicatedIpInPoolRequest", "DestinationPoolName"),
    ("PutDedicatedIpWarmupAttributesRequest", "WarmupPercentage"),
}
#: An enumeration in the model; here the service itself refuses other values, after what comes first
#: in the real order (facts §2.3, §2.4).
TEXT_HERE = {
    ("CreateDedicatedIpPoolRequest", "ScalingMode"),
    ("PutDedicatedIpPoolScalingAttributesRequest", "ScalingMode"),
    ("PutConfigurationSetTrackingOptionsRequest", "HttpsPolicy"),
}
#: v1's model bounds no names; an empty one is refused there as in v2.
NOT_EMPTY_IN_V1 = {"AmazonResourceName", "Identity", "TemplateArn"}


def served(api: str) -> list[Any]:
    services: Any = None
    return list(v1_operations(services) if api == "v1" else v2_operations(services))


#: Every operation that is served, by API; docs/compat.md says which those are.
NAMES = [
    (api, name) for api in MODELS for name in sorted({operation.name for operation in served(api)})
]
CALLS = [
    pytest.param(api, operation, id=f"{operation.name}-{operation.method}-{api}")
    for api in MODELS
    for operation in served(api)
    if not (api == "v2" and (operation.name, operation.method) in OLD_LISTS)
]


@pytest.mark.parametrize(("api", "operation"), CALLS)
def test_method_and_path_are_the_models(api: str, operation: Any) -> None:
    http = MODELS[api]["operations"][operation.name]["http"]
    assert (operation.method, operation.path) == (http["method"], http["requestUri"])


def test_v2_lists_are_served_in_the_older_form_too() -> None:
    old = {(o.name, o.path) for o in served("v2") if (o.name, o.method) in OLD_LISTS}
    assert old == {
        ("ListConfigurationSets", "/v2/email/configuration-sets"),
        ("ListEmailIdentities", "/v2/email/identities"),
    }


@pytest.mark.parametrize(("api", "operation"), CALLS)
def test_request_is_the_models(api: str, operation: Any) -> None:
    shape = MODELS[api]["operations"][operation.name]["input"]["shape"]
    assert described(operation.request) == modelled(MODELS[api], shape, api)


@pytest.mark.parametrize(("api", "operation"), CALLS)
def test_query_members_are_the_models(api: str, operation: Any) -> None:
    shape = MODELS[api]["operations"][operation.name]["input"]["shape"]
    members = MODELS[api]["shapes"][shape]["members"]
    in_query = {
        _on_the_wire(name, one)
        for name, one in members.items()
        if one.get("location") == "querystring"
    }
    assert set(operation.query) == in_query


@pytest.mark.parametrize(("api", "operation"), CALLS)
def test_answer_is_the_models(api: str, operation: Any) -> None:
    shape = MODELS[api]["operations"][operation.name]["output"]["shape"]
    answer = answer_of(operation.name)
    ours = v1_form(answer) if api == "v1" else answer
    assert described(ours) == modelled(MODELS[api], shape, api)


@pytest.mark.parametrize(("api", "operation"), CALLS)
def test_every_modelled_error_is_ours_with_its_status(api: str, operation: Any) -> None:
    ours = {error.code: error.status for error in all_errors(errors.ApiError)}
    for one in MODELS[api]["operations"][operation.name]["errors"]:
        shape = MODELS[api]["shapes"][one["shape"]]
        code = shape.get("error", {}).get("code", one["shape"])
        assert ours[code] == shape["error"]["httpStatusCode"]


def answer_of(name: str) -> Any:
    """The shape that the v2 handler of an operation says it answers with; none is an empty one."""
    handler = next(one.handler for one in served("v2") if one.name == name)
    answer = get_type_hints(handler)["return"]
    return shared_shapes.Empty if answer is NoneType else answer


def all_errors(root: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    yield root
    for one in root.__subclasses__():
        yield from all_errors(one)


Optional = AbstractSet[tuple[str, str]]


def described(shape: type[msgspec.Struct], optional: Optional = OPTIONAL_HERE) -> Any:
    """Describe one of our types in plain data, names and all."""
    return _describe(inspect.type_info(shape), optional)


def _describe(kind: inspect.Type, optional: Optional) -> Any:
    if isinstance(kind, inspect.Metadata):
        return _describe(kind.type, optional)
    if isinstance(kind, inspect.UnionType):
        (rest,) = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _describe(rest, optional)
    if isinstance(kind, inspect.StructType):
        name = kind.cls.__name__.removesuffix("V1")
        return {
            field.encode_name: (
                field.required or (name, field.encode_name) in optional,
                _describe(field.type, optional),
            )
            for field in kind.fields
        }
    if isinstance(kind, inspect.VarTupleType):
        return ("list", kind.min_length, kind.max_length, _describe(kind.item_type, optional))
    if isinstance(kind, inspect.DictType):
        key, value = (_describe(one, optional) for one in (kind.key_type, kind.value_type))
        return ("map", key, value)
    if isinstance(kind, inspect.LiteralType):
        return ("enum", sorted(kind.values))
    if isinstance(kind, inspect.StrType):
        return ("string", kind.min_length, kind.max_length, kind.pattern)
    if isinstance(kind, inspect.IntType):
        return ("integer", kind.ge, kind.le)
    return type(kind).__name__.removesuffix("Type").lower()


def _on_the_wire(member: str, one: dict[str, Any]) -> str:
    """Name a member as it is written: the query string may call it otherwise than the model."""
    name: str = one.get("locationName", member) if one.get("location") == "querystring" else member
    return name


def modelled(model: dict[str, Any], name: str, api: str) -> Any:
    """Describe one of botocore's shapes in the same plain data."""
    shape = model["shapes"][name]
    kind = shape["type"]
    if kind == "structure":
        required = shape.get("required", [])
        return {
            _on_the_wire(member, one): (
                member in required,
                ("string", None, None, None)
                if (name, member) in TEXT_HERE
                else modelled(model, one["shape"], api),
            )
            for member, one in shape["members"].items()
        }
    if kind == "list":
        item = modelled(model, shape["member"]["shape"], api)
        return ("list", shape.get("min"), shape.get("max"), item)
    if kind == "map":
        key, value = shape["key"]["shape"], shape["value"]["shape"]
        return ("map", modelled(model, key, api), modelled(model, value, api))
    if "enum" in shape:
        return ("enum", sorted(shape["enum"]))
    if kind == "string":
        least = 1 if api == "v1" and name in NOT_EMPTY_IN_V1 else shape.get("min")
        return ("string", least, shape.get("max"), shape.get("pattern"))
    if kind in {"integer", "long"}:
        return ("integer", shape.get("min"), shape.get("max"))
    if kind == "timestamp":
        return "datetime" if api == "query" else "float"
    return {"boolean": "bool", "blob": "bytes", "double": "float"}[kind]
