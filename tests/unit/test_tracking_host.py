"""HttpsPolicy against what works: pixel, links to http and to https, each on its host."""

from dataclasses import replace
from pathlib import Path

import pytest

from pillarbox.accept.tracking_host import (
    ELEMENTS,
    WHERE_IT_WORKS,
    OwnHost,
    choose_base,
    own_host,
)
from pillarbox.base.settings import Address, Deliver, Listen, Network, Settings, Track
from pillarbox.model.tracking_setup import TrackingHost

CUSTOM = {
    "none": None,
    "unverified": TrackingHost(host="t.example.com", works=False, https=False),
    "plain": TrackingHost(host="t.example.com", works=True, https=False),
    "https": TrackingHost(host="t.example.com", works=True, https=True),
}
OWN = {
    "http": OwnHost("http://email.mail.test"),
    "https": OwnHost("https://email.mail.test"),
    "absent": OwnHost(None),
}
#: c, C: the custom domain over http, https; o, O: the service's own; -: untracked.
URLS = {
    "c": "http://t.example.com",
    "C": "https://t.example.com",
    "o": "http://email.mail.test",
    "O": "https://email.mail.test",
    "-": None,
}
#: policy, custom domain: (pixel, http link, https link) with the own host on http, https, absent.
TABLE = [
    ("REQUIRE", "none", "---", "OOO", "---"),
    ("REQUIRE", "unverified", "---", "OOO", "---"),
    ("REQUIRE", "plain", "---", "OOO", "---"),
    ("REQUIRE", "https", "CCC", "CCC", "CCC"),
    ("REQUIRE_OPEN_ONLY", "none", "-oo", "OOO", "---"),
    ("REQUIRE_OPEN_ONLY", "unverified", "-oo", "OOO", "---"),
    ("REQUIRE_OPEN_ONLY", "plain", "-cc", "OcO", "-cc"),
    ("REQUIRE_OPEN_ONLY", "https", "CcC", "CcC", "CcC"),
    ("OPTIONAL", "none", "ooo", "OOO", "---"),
    ("OPTIONAL", "unverified", "ooo", "OOO", "---"),
    ("OPTIONAL", "plain", "ccc", "ccO", "ccc"),
    ("OPTIONAL", "https", "ccC", "ccC", "ccC"),
    (WHERE_IT_WORKS, "none", "ooo", "OOO", "---"),
    (WHERE_IT_WORKS, "unverified", "ooo", "OOO", "---"),
    (WHERE_IT_WORKS, "plain", "ccc", "ccO", "ccc"),
    (WHERE_IT_WORKS, "https", "CCC", "CCC", "CCC"),
]
ROWS = [
    (policy, custom, own, results[place])
    for policy, custom, *results in TABLE
    for place, own in enumerate(OWN)
]


@pytest.mark.parametrize(("policy", "custom", "own", "expected"), ROWS)
def test_each_element_goes_where_its_policy_lets_it(policy, custom, own, expected):
    found = [choose_base(one, policy, CUSTOM[custom], OWN[own]) for one in ELEMENTS]
    assert found == [URLS[one] for one in expected]


@pytest.mark.parametrize("policy", ["REQUIRE", "REQUIRE_OPEN_ONLY"])
@pytest.mark.parametrize("own", OWN.values())
@pytest.mark.parametrize("custom", CUSTOM.values())
def test_what_must_be_https_never_goes_out_as_http(policy, custom, own):
    must = ELEMENTS if policy == "REQUIRE" else ELEMENTS[:1]
    for element in must:
        base = choose_base(element, policy, custom, own)
        assert base is None or base.startswith("https://")


@pytest.mark.parametrize("policy", sorted({row[0] for row in TABLE}))
@pytest.mark.parametrize("custom", CUSTOM.values())
@pytest.mark.parametrize("element", ELEMENTS)
def test_in_capture_mode_everything_opens_through_the_local_listener(policy, custom, element):
    own = OwnHost("http://127.0.0.1:8026", captures=True)
    assert choose_base(element, policy, custom, own) == "http://127.0.0.1:8026"


DIRECT = Settings(data=Path(), deliver=Deliver(mode="direct"))
LOCAL = replace(DIRECT, network=Network(allow_private_destinations=True))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (DIRECT, OwnHost(None)),
        (LOCAL, OwnHost("http://127.0.0.1:8026")),
        (
            replace(DIRECT, track=Track(url="https://email.mail.test/")),
            OwnHost("https://email.mail.test"),
        ),
        (
            replace(DIRECT, listen=Listen(track=Address("0.0.0.0", 80))),
            OwnHost(None),
        ),
        (
            replace(DIRECT, listen=Listen(track=Address("8.8.8.8", 80))),
            OwnHost("http://8.8.8.8:80"),
        ),
        (
            replace(LOCAL, deliver=Deliver(mode="capture")),
            OwnHost("http://127.0.0.1:8026", captures=True),
        ),
    ],
)
def test_the_own_host_is_one_that_recipients_can_reach(settings, expected):
    assert own_host(settings) == expected
