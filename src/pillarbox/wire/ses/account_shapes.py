"""Requests and answers of the account actions (facts, Appendix C)."""

from datetime import datetime

from msgspec import field

from pillarbox.proto.aws.rest_json import Shape


class GetSendQuotaResponse(Shape, frozen=True, kw_only=True):
    """What the account may send: -1 is no limit; what it has sent."""

    max_24_hour_send: float | None = field(default=None, name="Max24HourSend")
    max_send_rate: float | None = None
    sent_last_24_hours: float | None = field(default=None, name="SentLast24Hours")


class SendDataPoint(Shape, frozen=True, kw_only=True):
    """What happened in 15 minutes."""

    timestamp: datetime | None = None
    delivery_attempts: int | None = None
    bounces: int | None = None
    complaints: int | None = None
    rejects: int | None = None


class GetSendStatisticsResponse(Shape, frozen=True, kw_only=True):
    """What happened in the last two weeks."""

    send_data_points: tuple[SendDataPoint, ...] | None = None


class GetAccountSendingEnabledResponse(Shape, frozen=True, kw_only=True):
    """Whether the account sends."""

    enabled: bool | None = None


class UpdateAccountSendingEnabledRequest(Shape, frozen=True, kw_only=True):
    """Pause or resume the account."""

    enabled: bool | None = None
