"""What a CloudWatch destination counts of an event: metric, dimensions, values (facts §5.6). Pure.

The namespace is AWS/SES. As a Prometheus series, `Send` is `aws_ses_send_total`; a dimension is the
label of its name, with `_` for what a label can't have.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pillarbox.model.event_destination import Dimension
from pillarbox.model.publishing import Record

#: ASCII that can be printed, and not spaces alone: what CloudWatch takes as a value.
_VALUE = re.compile(r"(?=.*[!-~])[ -~]{1,256}")
_NOT_LABEL = re.compile(r"[^A-Za-z0-9_]")
ACCOUNT = "account_id"


def metric_name(event_type: str) -> str:
    """Name the metric of an event: `Rendering Failure` is `RenderingFailure`."""
    return event_type.replace(" ", "")


def series_name(event_type: str) -> str:
    """Name the Prometheus series of an event type."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric_name(event_type))
    return f"aws_ses_{words.lower()}_total"


def series_of(
    record: Record, dimensions: Sequence[Dimension]
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Give the series that an event counts for; None when a value is none for CloudWatch, which
    drops such a metric.
    """
    values = _values(record, dimensions)
    if values is None:
        return None
    labels = zip(label_names(dimensions), values, strict=True)
    return series_name(record.type), ((ACCOUNT, record.account_id), *labels)


def aws_metric_of(
    record: Record, dimensions: Sequence[Dimension]
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Give the metric of CloudWatch that an event counts for, with dimensions; None as above."""
    values = _values(record, dimensions)
    if values is None:
        return None
    names = [dimension.name for dimension in dimensions]
    return metric_name(record.type), tuple(zip(names, values, strict=True))


def _values(record: Record, dimensions: Sequence[Dimension]) -> list[str] | None:
    found = [value_of(record, dimension) for dimension in dimensions]
    return found if all(_VALUE.fullmatch(one) for one in found) else None


def value_of(record: Record, dimension: Dimension) -> str:
    """Give the value of a dimension: from its source, or its default where that has none."""
    match dimension.source:
        case "MESSAGE_TAG":
            found = _first(record.body["mail"].get("tags"), dimension.name)
        case "EMAIL_HEADER":
            found = _header(record.body["mail"].get("headers", ()), dimension.name)
        case _:  # LINK_TAG: only clicks have links
            found = _first(record.body.get("click", {}).get("linkTags"), dimension.name)
    return found or dimension.default


def label_names(dimensions: Sequence[Dimension]) -> list[str]:
    """Give the labels of dimensions, each another one: `a-b` and `a_b` are `a_b` and `a_b_2`."""
    taken = {ACCOUNT}
    names = []
    for dimension in dimensions:
        plain = _NOT_LABEL.sub("_", dimension.name)
        plain = f"_{plain}" if plain[0].isdigit() or plain.startswith("__") else plain
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


def _first(tags: Mapping[str, Sequence[str]] | None, name: str) -> str:
    values = (tags or {}).get(name) or ("",)
    return values[0]


def _header(headers: Sequence[Mapping[str, Any]], name: str) -> str:
    found = (str(one["value"]) for one in headers if one["name"].lower() == name.lower())
    return next(found, "").strip()
