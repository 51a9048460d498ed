"""The one resolver: who decides, on which host, and the reasons it gives."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.accept.tracking import TrackingQuestion, plan_tracking
from pillarbox.accept.tracking_host import OwnHost
from pillarbox.model.sender import SendingRules
from pillarbox.model.tracking_setup import (
    TrackingHost,
    TrackingOverride,
    TrackingSetting,
    TrackingSetup,
)

OWN = OwnHost("https://email.mail.test")
CUSTOM, TRACE, SHOP = "t.example.com", "trace.example.com", "trace.shop.example"
HOSTS = {name: TrackingHost(host=name, works=True, https=True) for name in (CUSTOM, TRACE, SHOP)}


def rules(**values):
    given = {
        "name": "spring",
        "sending_enabled": True,
        "tls_policy": None,
        "sending_pool": None,
        "max_delivery_seconds": None,
    }
    return SendingRules(**(given | values))


def on(dimension=None, host=None, **values):
    given = {"enabled": True, "opens": True, "clicks": True, "host": host}
    return TrackingSetting(dimension=dimension, **(given | values))


def plan(*, override=None, set_=None, account=None, domains=None, hosts=HOSTS, own=OWN):
    setup = TrackingSetup(account=account, domains=domains or {}, hosts=hosts)
    question = TrackingQuestion(
        override=override, rules=set_, sender_domain="shop.example", setup=setup, own=own
    )
    return plan_tracking(question)


def tracked(found):
    """Whether opens and clicks are tracked."""
    if found is None:
        return False, False
    assert bool(found.http_links) == bool(found.https_links)
    return bool(found.pixel), bool(found.https_links)


@pytest.mark.parametrize(
    ("override", "published", "domain", "account"),
    list(
        itertools.product(
            [None, True, False], [True, False], [None, True, False], [None, True, False]
        )
    ),
)
def test_the_first_that_says_something_decides(override, published, domain, account):
    """Each level alone, for opens; clicks are asked of nobody, and are the other way round."""
    setting = {} if domain is None else {"shop.example": on(opens=domain, clicks=not domain)}
    found = plan(
        override=TrackingOverride(opens=override),
        set_=rules(tracks_opens=published),
        account=None
        if account is None
        else on("ACCOUNT_AND_DOMAIN", opens=account, clicks=not account),
        domains=setting,
    )
    said = [override, published or None]
    if account is not None:
        said += [domain, account]
    first = [one for one in said if one is not None]
    assert tracked(found)[0] is (first[0] if first else False)
    assert (found is None) is (not first)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (TrackingOverride(), (True, False)),
        (TrackingOverride(opens=False), (False, False)),
        (TrackingOverride(clicks=True), (True, True)),
        (TrackingOverride(opens=False, clicks=True), (False, True)),
    ],
)
def test_a_message_says_it_for_opens_and_clicks_apart(override, expected):
    assert tracked(plan(override=override, set_=rules(tracks_opens=True))) == expected


@pytest.mark.parametrize("setting", [None, TrackingSetting(enabled=False, dimension="ACCOUNT")])
@pytest.mark.parametrize("set_", [None, rules(), rules(custom_redirect_domain=CUSTOM)])
def test_where_nobody_says_anything_there_is_no_plan(set_, setting):
    assert plan(set_=set_, account=setting) is None


@pytest.mark.parametrize(
    ("dimension", "own", "expected"),
    [
        ("ACCOUNT", None, TRACE),
        ("ACCOUNT", on(host=SHOP), TRACE),
        ("ACCOUNT_AND_DOMAIN", None, TRACE),
        ("ACCOUNT_AND_DOMAIN", on(host=SHOP), SHOP),
        ("ACCOUNT_AND_DOMAIN", TrackingSetting(enabled=False), None),
        ("DOMAIN", None, None),
        ("DOMAIN", on(host=SHOP), SHOP),
        ("DOMAIN", TrackingSetting(enabled=False), None),
    ],
)
def test_the_dimension_says_whose_setting_counts(dimension, own, expected):
    domains = {"other.example": on(host=CUSTOM)} | ({"shop.example": own} if own else {})
    found = plan(account=on(dimension, TRACE), domains=domains)
    pixel = found.pixel if found else None
    assert pixel == (f"https://{expected}" if expected else None)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"set_": rules(tracks_opens=True, custom_redirect_domain=CUSTOM)}, f"http://{CUSTOM}"),
        ({"set_": rules(tracks_opens=True)}, f"https://{TRACE}"),
        ({"set_": rules(custom_redirect_domain=CUSTOM)}, f"https://{TRACE}"),
        (
            {
                "set_": rules(custom_redirect_domain=CUSTOM),
                "override": TrackingOverride(opens=True),
            },
            f"http://{CUSTOM}",
        ),
        ({"override": TrackingOverride(opens=True)}, f"https://{TRACE}"),
    ],
)
def test_the_host_is_the_first_named_from_who_decides_downwards(parts, expected):
    assert plan(account=on("ACCOUNT", TRACE), **parts).pixel == expected


def test_a_sets_https_policy_holds_whoever_decides():
    """A setting tracks it, on a host without HTTPS: that is still not what the set allows."""
    plain = {TRACE: TrackingHost(host=TRACE, works=True, https=False)}
    found = plan(
        set_=rules(custom_redirect_domain=CUSTOM, https_policy="REQUIRE"),
        account=on("ACCOUNT", TRACE),
        hosts=plain,
        own=OwnHost("http://email.mail.test"),
    )
    assert not found.anything
    assert any("HttpsPolicy REQUIRE" in one for one in found.reasons)


def test_without_any_host_nothing_is_tracked_and_the_reason_says_what_to_set():
    found = plan(set_=rules(tracks_opens=True), own=OwnHost(None))
    assert not found.anything
    assert any("[track] url is not set" in one for one in found.reasons)


@pytest.mark.parametrize("level", ["set", "domain", "account"])
def test_anonymous_outlook_and_trap_follow_the_setting_whoever_decides(level):
    private = {"anonymous": True, "mso_comments": False, "trap": True}
    found = plan(
        set_=rules(tracks_clicks=True) if level == "set" else None,
        account=on("ACCOUNT_AND_DOMAIN", TRACE, **({} if level == "domain" else private)),
        domains={"shop.example": on(host=SHOP, **private)} if level == "domain" else None,
    )
    assert (found.anonymous, found.mso_comments, found.trap) == (True, False, True)
    plain = plan(set_=rules(tracks_clicks=True))
    assert (plain.anonymous, plain.mso_comments, plain.trap) == (False, True, False)


def test_the_reasons_tell_what_happened_to_whom():
    found = plan(
        override=TrackingOverride(clicks=True),
        set_=rules(tracks_opens=True, custom_redirect_domain=CUSTOM, https_policy="REQUIRE"),
        hosts={
            CUSTOM: TrackingHost(
                host=CUSTOM, works=False, https=False, reason="it points elsewhere"
            )
        },
    )
    host = (
        "The host is the service's own host, https://email.mail.test, since t.example.com, the "
        "custom domain of configuration set spring, is not verified: it points elsewhere."
    )
    assert found.reasons == (
        "Opens are tracked: configuration set spring has an enabled destination for OPEN.",
        host,
        "Clicks are tracked: the message itself switches them on.",
    )


def test_the_reasons_say_why_there_is_no_https():
    found = plan(
        set_=rules(tracks_clicks=True, custom_redirect_domain=CUSTOM),
        hosts={
            CUSTOM: TrackingHost(
                host=CUSTOM, works=True, https=False, https_reason="its certificate has expired"
            )
        },
        own=OwnHost("http://email.mail.test"),
    )
    over_http = (
        "Links to https targets are tracked over http: no host has HTTPS, and the policy does not "
        "ask for it."
    )
    assert found.reasons == (
        "Opens are not tracked: nothing asks for it.",
        "Clicks are tracked: configuration set spring has an enabled destination for CLICK.",
        "The host is t.example.com, the custom domain of configuration set spring.",
        "t.example.com has no working HTTPS: its certificate has expired.",
        over_http,
    )


def test_in_capture_mode_the_reasons_name_the_real_host():
    found = plan(
        set_=rules(tracks_opens=True, custom_redirect_domain=CUSTOM, https_policy="REQUIRE"),
        hosts={},
        own=OwnHost("http://127.0.0.1:8026", captures=True),
    )
    assert found.pixel == "http://127.0.0.1:8026"
    assert any(CUSTOM in one and "capture mode" in one for one in found.reasons)


SWITCHES = st.sampled_from([None, True, False])
NAMES = st.sampled_from([None, CUSTOM, TRACE, "unknown.example.com"])
SETTINGS = st.builds(
    TrackingSetting,
    enabled=st.booleans(),
    host=NAMES,
    opens=st.booleans(),
    clicks=st.booleans(),
    dimension=st.sampled_from(["ACCOUNT", "ACCOUNT_AND_DOMAIN", "DOMAIN"]),
)


@given(
    override=st.builds(TrackingOverride, opens=SWITCHES, clicks=SWITCHES),
    set_=st.builds(
        rules,
        custom_redirect_domain=NAMES,
        https_policy=st.sampled_from([None, "OPTIONAL", "REQUIRE", "REQUIRE_OPEN_ONLY"]),
        tracks_opens=st.booleans(),
        tracks_clicks=st.booleans(),
    ),
    account=st.none() | SETTINGS,
    domain=st.none() | SETTINGS,
    hosts=st.fixed_dictionaries(
        {},
        optional={
            name: st.builds(
                TrackingHost, host=st.just(name), works=st.booleans(), https=st.booleans()
            )
            for name in (CUSTOM, TRACE)
        },
    ),
    url=st.sampled_from([None, "http://email.mail.test", "https://email.mail.test"]),
)
def test_whatever_is_set_up_what_must_be_https_is_https_and_links_lead_somewhere(
    override, set_, account, domain, hosts, url
):
    domains = {"shop.example": domain} if domain else {}
    found = plan(
        override=override,
        set_=set_,
        account=account,
        domains=domains,
        hosts=hosts,
        own=OwnHost(url),
    )
    if found is None:
        return
    bases = [one for one in (found.pixel, found.http_links, found.https_links) if one]
    if set_.https_policy == "REQUIRE":
        assert all(one.startswith("https://") for one in bases)
    if set_.https_policy == "REQUIRE_OPEN_ONLY" and found.pixel:
        assert found.pixel.startswith("https://")
    works = {f"http://{one.host}" for one in hosts.values() if one.works}
    works |= {f"https://{one.host}" for one in hosts.values() if one.works and one.https}
    assert set(bases) <= works | {url}
    assert found.reasons
