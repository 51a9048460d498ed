"""What is set up about tracking, as `accept` needs to know it to make a TrackingPlan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

#: Whose settings count: the account's for every sender domain; those of single domains before the
#: account's; those of single domains alone.
Dimension = Literal["ACCOUNT", "ACCOUNT_AND_DOMAIN", "DOMAIN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOverride:
    """What one message says for itself; None: nothing."""

    opens: bool | None = None
    clicks: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSetting:
    """The tracking setting of an account, or of one of its sender domains.

    `host`: the trace domain, None: the service's own. `anonymous`: nobody is named. `mso_comments`:
    links inside Outlook's conditional comments as well. `trap`: a hidden link tells scanners.
    `dimension`: an account's only.
    """

    enabled: bool
    host: str | None = None
    opens: bool = False
    clicks: bool = False
    anonymous: bool = False
    mso_comments: bool = True
    trap: bool = False
    dimension: Dimension | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingHost:
    """A tracking host of the account, as far as checks have found.

    `works`: it reaches us; `https`: so it does over HTTPS. `reason`, `https_reason`: why it does
    not, fit to be shown.
    """

    host: str
    works: bool
    https: bool
    reason: str = ""
    https_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSetup:
    """The account's setting, those of the message's sender domains, and the hosts they name."""

    account: TrackingSetting | None = None
    domains: Mapping[str, TrackingSetting] = field(default_factory=lambda: MappingProxyType({}))
    hosts: Mapping[str, TrackingHost] = field(default_factory=lambda: MappingProxyType({}))
