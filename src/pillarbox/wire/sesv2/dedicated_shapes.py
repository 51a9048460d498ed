"""Requests and answers of the operations on dedicated IP pools and addresses.

Reference p. 9, 18, 30, 32, 40, 57, 59, 78; facts, Appendix A and B. Members that the model requires
are optional here where the service itself says what it misses (facts §2.4).
"""

from typing import Literal

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Tag

ScalingMode = Literal["STANDARD", "MANAGED"]
WarmupStatus = Literal["IN_PROGRESS", "DONE", "NOT_APPLICABLE"]


class CreateDedicatedIpPoolRequest(Shape, frozen=True, kw_only=True):
    """Make a pool. `scaling_mode`: one of ScalingMode, as the service itself checks."""

    pool_name: str | None = None
    tags: tuple[Tag, ...] | None = None
    scaling_mode: str | None = None


class PoolRequest(Shape, frozen=True, kw_only=True):
    """Ask for one pool, or delete it."""

    pool_name: str


class DedicatedIpPool(Shape, frozen=True, kw_only=True):
    """A pool."""

    pool_name: str
    scaling_mode: ScalingMode


class GetDedicatedIpPoolResponse(Shape, frozen=True, kw_only=True):
    """One pool."""

    dedicated_ip_pool: DedicatedIpPool | None = None


class PutDedicatedIpPoolScalingAttributesRequest(Shape, frozen=True, kw_only=True):
    """Say how a pool grows. `scaling_mode`: one of ScalingMode, as the service itself checks."""

    pool_name: str
    scaling_mode: str | None = None


class ListDedicatedIpPoolsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of pools."""

    next_token: str | None = None
    page_size: int | None = None


class ListDedicatedIpPoolsResponse(Shape, frozen=True, kw_only=True):
    """A page of names, sorted."""

    dedicated_ip_pools: tuple[str, ...] | None = None
    next_token: str | None = None


class DedicatedIp(Shape, frozen=True, kw_only=True):
    """A sending address and how far its warm-up is, in percent."""

    ip: str
    warmup_status: WarmupStatus
    warmup_percentage: int
    pool_name: str | None = None


class GetDedicatedIpRequest(Shape, frozen=True, kw_only=True):
    """Ask for one address."""

    ip: str


class GetDedicatedIpResponse(Shape, frozen=True, kw_only=True):
    """One address."""

    dedicated_ip: DedicatedIp | None = None


class GetDedicatedIpsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of addresses, of one pool where one is named."""

    pool_name: str | None = None
    next_token: str | None = None
    page_size: int | None = None


class GetDedicatedIpsResponse(Shape, frozen=True, kw_only=True):
    """A page of addresses, sorted."""

    dedicated_ips: tuple[DedicatedIp, ...] | None = None
    next_token: str | None = None


class PutDedicatedIpInPoolRequest(Shape, frozen=True, kw_only=True):
    """Move an address to a pool."""

    ip: str
    destination_pool_name: str | None = None


class PutDedicatedIpWarmupAttributesRequest(Shape, frozen=True, kw_only=True):
    """Say how far the warm-up of an address is."""

    ip: str
    warmup_percentage: int | None = None
