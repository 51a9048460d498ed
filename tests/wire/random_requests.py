"""Requests made up from botocore's models: mostly what the model allows, then damaged.

Pure but for the generator handed in: the same seed makes the same requests.
"""

import json
import random
from typing import Any
from urllib.parse import quote, urlencode

import botocore.loaders

from pillarbox.wire.http.operation import AnyOperation

_LOADER = botocore.loaders.Loader()
MODELS = {
    "v1": _LOADER.load_service_model("pinpoint-email", "service-2", "2018-07-26"),
    "v2": _LOADER.load_service_model("sesv2", "service-2", "2019-09-27"),
}
#: Few names, so that requests meet what others have made.
WORDS = ("one", "two", "example.com", "mail.example.com", "me@example.com", "203.0.113.7")
ODD = ("", " ", "\x00", "a\r\nb: c", "ü" * 70, "x" * 300, "../..", "%2e", "\ud7ff", "😀", "<a&b>")
WRONG: tuple[Any, ...] = (None, True, 0, -1, 1e300, 2**70, "", [], {}, [None], {"": ""}, [[[]]])
#: Sends are the work of other tests; here they would only fill the store.
RARE = {"SendEmail": 0.2}


class RandomRequests:
    """Makes requests for operations; `chance` is the generator."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def make(self, operation: AnyOperation) -> tuple[str, str, bytes]:
        """Give the method, the path with its query, and the body of a request."""
        members = self._members(operation)
        path = operation.path
        for label in operation.labels:
            # Signers and servers disagree about `//` in a path; no SDK sends an empty label.
            value = str(members.pop(label, "one")) or "-"
            path = path.replace("{" + label + "}", quote(value, safe=""))
        given = {name: members.pop(name) for name in operation.query if name in members}
        query = urlencode(
            {k: v for k, v in given.items() if v is not None}, doseq=True, quote_via=quote
        )
        body = b"" if operation.method in {"GET", "DELETE"} else self._body(members)
        return operation.method, f"{path}?{query}" if query else path, body

    def _members(self, operation: AnyOperation) -> dict[str, Any]:
        model = MODELS[operation.api]
        modelled = model["operations"].get(operation.name)
        if modelled is None or "input" not in modelled:
            return {}
        shape = model["shapes"][modelled["input"]["shape"]]
        found = self._structure(model, shape, 0)
        labels = {
            one.get("locationName", name): found[name]
            for name, one in shape["members"].items()
            if one.get("location") == "uri" and name in found
        }
        return found | labels

    def _body(self, members: dict[str, Any]) -> bytes:
        text = json.dumps(members).encode()
        if self._chance.random() < 0.05:
            return text[: self._chance.randrange(len(text))]
        return text

    def _structure(self, model: Any, shape: Any, depth: int) -> dict[str, Any]:
        required = shape.get("required", ())
        likely = 0.5 if depth < 4 else 0.1
        return {
            name: self._value(model, one["shape"], depth + 1)
            for name, one in shape["members"].items()
            if self._chance.random() < (0.97 if name in required else likely)
        }

    def _value(self, model: Any, name: str, depth: int) -> Any:
        if self._chance.random() < 0.03:
            return self._chance.choice(WRONG)
        shape = model["shapes"][name]
        kind = shape["type"]
        if kind == "structure":
            return self._structure(model, shape, depth)
        if kind == "list":
            count = self._chance.choice((0, 1, 1, 2, 3))
            return [self._value(model, shape["member"]["shape"], depth) for _ in range(count)]
        if kind == "map":
            return {self._text(shape): self._value(model, shape["value"]["shape"], depth)}
        return self._scalar(shape, kind)

    def _scalar(self, shape: Any, kind: str) -> Any:
        if kind == "string":
            return self._text(shape)
        if kind == "blob":
            return self._chance.choice(
                ("", "SGVsbG8=", "RnJvbTogbWVAZXhhbXBsZS5jb20NCg0KSGk=", "!")
            )
        if kind == "boolean":
            return self._chance.random() < 0.5
        if kind in {"integer", "long"}:
            return self._chance.choice((0, 1, 50, 100, 1000, 1001, 2**31, -5))
        return self._chance.choice((0.0, 1_767_607_200.5, -1.0, 1e18))

    def _text(self, shape: Any) -> str:
        if "enum" in shape and self._chance.random() < 0.9:
            return str(self._chance.choice(shape["enum"]))
        return self._chance.choice(ODD if self._chance.random() < 0.2 else WORDS)
