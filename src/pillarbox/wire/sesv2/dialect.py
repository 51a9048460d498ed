"""Where the two JSON APIs behave differently behind the same handlers; `wire/pinpoint` has v1's."""

from dataclasses import dataclass
from typing import get_args

from pillarbox.wire.sesv2.event_destination_shapes import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one API does its own way.

    `identity_again`: creating an identity that exists is no error. `metrics_by_default`: a new
    configuration set keeps reputation metrics (facts §1.7). `least_identity_page`: the smallest
    page size of ListEmailIdentities. `mail_from_always`: GetEmailIdentity tells the behaviour on a
    missing MX even when there is no MAIL FROM domain. `dotted_values`: default values of
    CloudWatch dimensions may hold `.` and `@`. `event_types`: those the API knows. `whole_options`:
    a Put replaces every option of its group; v1's leaves those that only v2 knows as they are.
    """

    identity_again: bool
    metrics_by_default: bool
    least_identity_page: int
    mail_from_always: bool
    dotted_values: bool
    event_types: frozenset[str]
    whole_options: bool


V2 = Dialect(
    identity_again=False,
    metrics_by_default=True,
    least_identity_page=1,
    mail_from_always=True,
    dotted_values=True,
    event_types=frozenset(get_args(EventType)),
    whole_options=True,
)
