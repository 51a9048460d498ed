"""The resolver's memory: bounded by time and by number."""

from pillarbox.base.dns_cache import DnsCache


def test_an_answer_is_kept_for_its_time_to_live() -> None:
    cache: DnsCache[str] = DnsCache()
    cache.keep("a", "MX", "answer", ttl_s=10, now_s=100)
    assert cache.find("a", "MX", 109.9) == "answer"
    assert cache.find("a", "MX", 110) is None
    assert len(cache) == 0


def test_a_name_is_kept_for_each_type_apart() -> None:
    cache: DnsCache[str] = DnsCache()
    cache.keep("a", "MX", "answer", ttl_s=10, now_s=0)
    assert cache.find("a", "A", 1) is None


def test_no_answer_outlives_the_longest_time_allowed() -> None:
    cache: DnsCache[str] = DnsCache(max_ttl_s=60)
    cache.keep("a", "MX", "answer", ttl_s=86400, now_s=0)
    assert cache.find("a", "MX", 61) is None


def test_an_answer_without_time_to_live_replaces_and_is_not_kept() -> None:
    cache: DnsCache[str] = DnsCache()
    cache.keep("a", "MX", "old", ttl_s=10, now_s=0)
    cache.keep("a", "MX", "new", ttl_s=0, now_s=1)
    assert cache.find("a", "MX", 1) is None


def test_the_entry_asked_for_longest_ago_goes_first() -> None:
    cache: DnsCache[str] = DnsCache(max_entries=2)
    cache.keep("a", "A", "1", ttl_s=10, now_s=0)
    cache.keep("b", "A", "2", ttl_s=10, now_s=0)
    cache.find("a", "A", 1)
    cache.keep("c", "A", "3", ttl_s=10, now_s=1)
    assert [cache.find(name, "A", 2) for name in "abc"] == ["1", None, "3"]


def test_forgetting_empties_it() -> None:
    cache: DnsCache[str] = DnsCache()
    cache.keep("a", "A", "1", ttl_s=10, now_s=0)
    cache.forget()
    assert len(cache) == 0
