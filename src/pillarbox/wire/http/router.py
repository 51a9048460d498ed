"""Finds the operation that a method and a raw path mean.

Takes the path as it came over the wire, still percent-encoded, so that an escaped slash stays
inside its label; hands on the Operation and its labels, decoded once. A literal segment wins over a
label.
"""

from collections.abc import Iterable
from typing import Any

from pillarbox.base.errors import BadRequest
from pillarbox.proto.aws.query_string import MalformedQuery, percent_decode
from pillarbox.wire.http.operation import Operation

AnyOperation = Operation[Any]
Match = tuple[AnyOperation, dict[str, str]]


class _Node:
    """A segment of known paths: what may follow it, and the operations that end here by method."""

    __slots__ = ("label", "literals", "operations")

    def __init__(self) -> None:
        self.literals: dict[bytes, _Node] = {}
        self.label: _Node | None = None
        self.operations: dict[str, AnyOperation] = {}


class Router:
    """A tree of path segments. Raises ValueError for two operations at one place."""

    def __init__(self, operations: Iterable[AnyOperation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in operation.path.encode().split(b"/"):
                node = _child(node, segment)
            if operation.method in node.operations:
                raise ValueError(f"{operation.method} {operation.path} is there twice")
            node.operations[operation.method] = operation

    def match(self, method: str, raw_path: bytes) -> Match | None:
        """Find the operation and the members in its path, None where there is none.

        Raises BadRequest.
        """
        found = _walk(self._root, raw_path.split(b"/"), 0, method)
        if found is None:
            return None
        operation, values = found
        try:
            decoded = map(percent_decode, values)
            return operation, dict(zip(operation.label_members, decoded, strict=True))
        except MalformedQuery:
            raise BadRequest("The path of the request has a broken escape.") from None


def _child(node: _Node, segment: bytes) -> _Node:
    if segment.startswith(b"{"):
        node.label = node.label or _Node()
        return node.label
    return node.literals.setdefault(segment, _Node())


def _walk(
    node: _Node, segments: list[bytes], at: int, method: str
) -> tuple[AnyOperation, tuple[bytes, ...]] | None:
    if at == len(segments):
        operation = node.operations.get(method)
        return None if operation is None else (operation, ())
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _walk(literal, segments, at + 1, method)
        if found is not None:
            return found
    if node.label is None or not segment:
        return None
    found = _walk(node.label, segments, at + 1, method)
    return None if found is None else (found[0], (segment, *found[1]))
