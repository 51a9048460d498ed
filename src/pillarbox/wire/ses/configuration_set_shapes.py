"""Requests and answers of the configuration set actions (facts, Appendix C)."""

from datetime import datetime
from typing import Literal

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.ses.event_destination_shapes import EventDestination

TlsPolicy = Literal["Require", "Optional"]
Attribute = Literal["eventDestinations", "trackingOptions", "deliveryOptions", "reputationOptions"]


class ConfigurationSet(Shape, frozen=True, kw_only=True):
    """A configuration set is its name."""

    name: str


class TrackingOptions(Shape, frozen=True, kw_only=True):
    """The host of tracking links and pixels."""

    custom_redirect_domain: str | None = None


class DeliveryOptions(Shape, frozen=True, kw_only=True):
    """Whether TLS is a must."""

    tls_policy: TlsPolicy | None = None


class ReputationOptions(Shape, frozen=True, kw_only=True):
    """Whether the set may send, whether metrics are kept, and since when."""

    sending_enabled: bool | None = None
    reputation_metrics_enabled: bool | None = None
    last_fresh_start: datetime | None = None


class CreateConfigurationSetRequest(Shape, frozen=True, kw_only=True):
    """Make a configuration set."""

    configuration_set: ConfigurationSet


class NamedSetRequest(Shape, frozen=True, kw_only=True):
    """Delete a configuration set, or its tracking options."""

    configuration_set_name: str


class DescribeConfigurationSetRequest(Shape, frozen=True, kw_only=True):
    """Ask for a configuration set, and for those of its parts that are named."""

    configuration_set_name: str
    configuration_set_attribute_names: tuple[Attribute, ...] | None = None


class DescribeConfigurationSetResponse(Shape, frozen=True, kw_only=True):
    """A configuration set with the parts that were asked for."""

    configuration_set: ConfigurationSet | None = None
    event_destinations: tuple[EventDestination, ...] | None = None
    tracking_options: TrackingOptions | None = None
    delivery_options: DeliveryOptions | None = None
    reputation_options: ReputationOptions | None = None


class ListConfigurationSetsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of configuration sets."""

    next_token: str | None = None
    max_items: int | None = None


class ListConfigurationSetsResponse(Shape, frozen=True, kw_only=True):
    """A page of configuration sets, by name."""

    configuration_sets: tuple[ConfigurationSet, ...] | None = None
    next_token: str | None = None


class PutConfigurationSetDeliveryOptionsRequest(Shape, frozen=True, kw_only=True):
    """Replace the delivery options."""

    configuration_set_name: str
    delivery_options: DeliveryOptions | None = None


class SwitchRequest(Shape, frozen=True, kw_only=True):
    """Turn sending through a set, or its reputation metrics, on or off."""

    configuration_set_name: str
    enabled: bool


class TrackingOptionsRequest(Shape, frozen=True, kw_only=True):
    """Give a set tracking options, or others."""

    configuration_set_name: str
    tracking_options: TrackingOptions
