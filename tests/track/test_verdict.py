"""Was that a person? Tables of user agents and of clicks."""

import pytest

from pillarbox.track.agent import COMPUTER, OTHER, PHONE, TABLET, Agent, read_agent
from pillarbox.track.verdict import HUMAN, PROXY, SCANNER, in_burst, verdict_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148"
)
IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15; {}) AppleWebKit/537.36 Chrome/140.0.0.0 {}Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
PERSON = Agent(COMPUTER, proxy=False, crawler=False)


@pytest.mark.parametrize(
    ("user_agent", "verdict", "device"),
    [
        (FIREFOX, HUMAN, COMPUTER),
        (IPHONE, HUMAN, PHONE),
        (IPAD, HUMAN, TABLET),
        (ANDROID.format("Pixel 9", "Mobile "), HUMAN, PHONE),
        (ANDROID.format("SM-X910", ""), HUMAN, TABLET),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36", HUMAN, COMPUTER),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", HUMAN, OTHER),
        ("Mozilla/5.0", PROXY, OTHER),
        (GMAIL, PROXY, OTHER),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", PROXY, OTHER),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            SCANNER,
            OTHER,
        ),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", SCANNER, OTHER),
        ("python-requests/2.32", SCANNER, OTHER),
        ("curl/8.14", SCANNER, OTHER),
        ("", SCANNER, OTHER),
    ],
)
def test_a_user_agent_says_who_asks(user_agent, verdict, device):
    agent = read_agent(user_agent)
    assert agent.device == device
    assert verdict_of(agent, head=False, prefetch=False, burst=False) == verdict


@pytest.mark.parametrize("sign", ["head", "prefetch", "burst", "trapped"])
@pytest.mark.parametrize("user_agent", [FIREFOX, "Mozilla/5.0"])
def test_head_prefetch_burst_and_trap_are_no_person_whatever_the_user_agent(sign, user_agent):
    signs = {"head": False, "prefetch": False, "burst": False, sign: True}
    assert verdict_of(read_agent(user_agent), **signs) == SCANNER


@pytest.mark.parametrize(
    ("clicks", "since", "burst"),
    [
        ({"a": [0], "b": [1000], "c": [2000]}, 0, True),
        ({"a": [0], "b": [-5000], "c": [5000]}, -9000, True),
        ({"a": [0], "b": [1000]}, 0, False),
        ({"a": [0, 1000, 2000, 2500]}, 0, False),
        ({"a": [0], "b": [1000], "c": [9000]}, 0, False),
        ({"a": [0], "b": [1000], "c": [-9000, -5001, 5001]}, 0, False),
        ({"a": [0], "b": [1000], "c": [2000]}, -60_001, False),
        ({"a": [0]}, 0, False),
    ],
)
def test_several_links_within_seconds_of_delivery_are_a_burst(clicks, since, burst):
    assert in_burst(0, clicks, since) is burst
