"""What the resolver remembers: answers with their time to live, negative ones too (RFC 2308 §5).

Pure: takes the time as an argument, in seconds of any clock that only goes forward. Bounded: the
entry that was asked for longest ago goes first.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class DnsCache(Generic[Value]):
    """A bounded map from (name, type) to an answer that is kept until its time to live is over."""

    def __init__(self, *, max_entries: int = 20_000, max_ttl_s: float = 3600.0) -> None:
        self._max_entries = max_entries
        self._max_ttl_s = max_ttl_s
        self._entries: OrderedDict[tuple[str, str], tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: str, rdtype: str, now_s: float) -> Value | None:
        """Give the answer that is still good at `now_s`, or None."""
        key = (name, rdtype)
        entry = self._entries.get(key)
        if entry is None:
            return None
        expires_at, value = entry
        if expires_at <= now_s:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def keep(self, name: str, rdtype: str, value: Value, *, ttl_s: float, now_s: float) -> None:
        """Remember an answer for its time to live, at most `max_ttl_s`; not when it has none."""
        key = (name, rdtype)
        self._entries.pop(key, None)
        if ttl_s <= 0:
            return
        self._entries[key] = (now_s + min(ttl_s, self._max_ttl_s), value)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def forget(self) -> None:
        """Drop everything, as after a change of resolver."""
        self._entries.clear()
