"""The members that only SES v2 has, and the v1 shapes that follow from them.

A v1 shape is the v2 shape without these members: what v1 does not know is ignored in requests, as
any unknown member is, and left out of answers (design §3). Held against botocore's model of
pinpoint-email by tests.
"""

from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2 import account_shapes as account
from pillarbox.wire.sesv2 import configuration_set_shapes as sets
from pillarbox.wire.sesv2 import dedicated_shapes as dedicated
from pillarbox.wire.sesv2 import event_destination_shapes as destinations
from pillarbox.wire.sesv2 import identity_shapes as identities
from pillarbox.wire.sesv2 import sending_shapes as sending
from pillarbox.wire.sesv2 import set_option_shapes as options

ONLY_V2: dict[type[Shape], tuple[str, ...]] = {
    identities.CreateEmailIdentityRequest: ("dkim_signing_attributes", "configuration_set_name"),
    identities.DkimAttributes: (
        "signing_hosted_zone",
        "signing_attributes_origin",
        "next_signing_key_length",
        "current_signing_key_length",
        "last_key_generation_timestamp",
    ),
    identities.GetEmailIdentityResponse: (
        "policies",
        "configuration_set_name",
        "verification_status",
        "verification_info",
    ),
    identities.ListEmailIdentitiesRequest: ("filter",),
    identities.IdentityInfo: ("verification_status",),
    sets.TrackingOptions: ("https_policy",),
    sets.DeliveryOptions: ("max_delivery_seconds",),
    sets.ConfigurationSetOptions: (
        "suppression_options",
        "vdm_options",
        "archiving_options",
        "message_security_options",
    ),
    options.PutTrackingOptions: ("https_policy",),
    sets.ListConfigurationSetsRequest: ("filter",),
    destinations.DestinationKinds: ("event_bridge_destination",),
    dedicated.CreateDedicatedIpPoolRequest: ("scaling_mode",),
    account.GetAccountResponse: (
        "suppression_attributes",
        "details",
        "vdm_attributes",
        "pricing_attributes",
    ),
    sending.SendEmailRequest: (
        "from_email_address_identity_arn",
        "feedback_forwarding_email_address_identity_arn",
        "endpoint_id",
        "tenant_name",
        "list_management_options",
        "configuration_overrides",
    ),
    sending.Message: ("headers", "attachments"),
    sending.Template: ("template_name", "template_content", "headers", "attachments"),
}

#: Members that v1 asks for and v2 does not (reference p. 67).
REQUIRED_IN_V1: dict[type[Shape], tuple[str, ...]] = {sending.SendEmailRequest: ("destination",)}

#: Enumerations of which v1 knows fewer values.
NARROWER: dict[Any, Any] = {
    destinations.EventType: destinations.FirstEventType,
    dedicated.WarmupStatus: Literal["IN_PROGRESS", "DONE"],
}


@cache
def v1_form(shape: type[Shape]) -> Any:
    """Make the v1 shape of a v2 shape."""
    hidden = {name for base in shape.__mro__ for name in ONLY_V2.get(base, ())}
    required = REQUIRED_IN_V1.get(shape, ())
    hints = get_type_hints(shape, include_extras=True)
    fields: list[tuple[str, Any, Any]] = []
    for one in msgspec.structs.fields(shape):
        if one.name in hidden:
            continue
        kind = _v1_type(hints[one.name])
        if one.required or one.name in required:
            fields.append((one.name, _present(kind), msgspec.field(name=one.encode_name)))
        else:
            fields.append(
                (one.name, kind, msgspec.field(default=one.default, name=one.encode_name))
            )
    return msgspec.defstruct(
        f"{shape.__name__}V1", fields, bases=(Shape,), module=__name__, kw_only=True, frozen=True
    )


def _v1_type(kind: Any) -> Any:
    """Replace the shapes and enumerations in a type by their v1 forms."""
    if isinstance(kind, type) and issubclass(kind, Shape):
        return v1_form(kind)
    if kind in NARROWER:
        return NARROWER[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        members = tuple(_v1_type(arg) for arg in args)
        return Union[members]  # noqa: UP007  # made at run time
    if origin is Annotated:
        return Annotated[(_v1_type(args[0]), *args[1:])]
    if origin is tuple:
        return GenericAlias(tuple, (_v1_type(args[0]), ...))
    return kind


def _present(kind: Any) -> Any:
    rest = tuple(arg for arg in get_args(kind) if arg is not NoneType)
    return Union[rest] if get_origin(kind) is Union else kind  # noqa: UP007  # made at run time
