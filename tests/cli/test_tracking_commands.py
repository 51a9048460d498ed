"""`pillarbox tracking`: trace domains, settings, and why a message is tracked as it is."""

import pytest

from pillarbox.cli.options import DEFAULT_ACCOUNT
from pillarbox.manage.deployment import DEFAULT_ACCOUNT as REAL_DEFAULT
from pillarbox.store.store import Store
from tests.peers.dnslib_server import DnslibServer
from tests.store.rows import ACCOUNT, add_identity

REAL = {"PILLARBOX_IDENTITY_VERIFY": "real"}


@pytest.fixture
def ready(run, tmp_path):
    """A deployment whose default account has verified mail.example.com."""
    assert run("accounts", "list").code == 0
    store = Store(f"sqlite:///{tmp_path / 'data' / 'pillarbox.sqlite'}")
    with store.transaction() as conn:
        add_identity(conn, "mail.example.com")
    store.close()
    return run


def test_the_default_account_is_the_deployments():
    assert DEFAULT_ACCOUNT == REAL_DEFAULT == ACCOUNT


def test_a_trace_domain_is_made_listed_verified_and_deleted(ready):
    made = ready("tracking", "domains", "create", "9track", "example.com")
    assert made.out == (
        "9track.example.com  trace  SUCCESS  HTTPS SUCCESS\n"
        "  It is advisable to start the prefix with a letter.\n"
    )
    assert ready("tracking", "domains", "list").out == made.out
    assert ready("tracking", "domains", "verify", "9track.example.com").out == made.out
    (shown,) = ready("tracking", "domains", "list", "--json").json
    assert (shown["domain"], shown["prefix"]) == ("9track.example.com", "9track")
    deleted = ready("tracking", "domains", "delete", "9track.example.com")
    assert deleted.out == "9track.example.com is deleted\n"
    assert ready("tracking", "domains", "list").out == ""


def test_a_domain_that_does_not_lead_to_us_is_told_with_what_to_set(ready):
    with DnslibServer({}) as dns:
        environ = REAL | {"PILLARBOX_DNS_RESOLVER": dns.address}
        ready("tracking", "domains", "create", "track", "example.com", environ=environ)
        ran = ready("tracking", "domains", "verify", "track.example.com", environ=environ)
    assert ran.code == 1
    first, second, *_ = ran.out.splitlines()
    assert first == "track.example.com  trace  PENDING  HTTPS PENDING"
    assert second == (
        "  set track.example.com CNAME email.pillarbox.localhost, or see docs/acceleration.md"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--opens",), "  the account: opens through the service's own host\n"),
        (
            ("--opens", "--clicks", "--anonymous", "--tracking-domain", "track.example.com"),
            "  the account: opens and clicks through track.example.com, anonymous\n",
        ),
        (
            ("--clicks", "--no-outlook-comments", "--trap"),
            (
                "  the account: clicks through the service's own host, without Outlook's comments, "
                "with a trap\n"
            ),
        ),
    ],
)
def test_tracking_is_enabled_shown_and_disabled(ready, arguments, line):
    ready("tracking", "domains", "create", "track", "example.com")
    expected = f"Tracking is enabled; the dimension is ACCOUNT.\n{line}"
    assert ready("tracking", "settings", "set", *arguments).out == expected
    assert ready("tracking", "settings", "show").out == expected
    assert ready("tracking", "settings", "disable").out == "Tracking is not enabled.\n"
    assert ready("tracking", "settings", "show").out == "Tracking is not enabled.\n"


def test_a_sender_domain_has_its_own_setting(ready):
    settings = ("tracking", "settings")
    ready(*settings, "set", "--dimension", "account-and-domain", "--opens")
    ready(*settings, "set", "--domain", "mail.example.com", "--untracked")
    assert ready(*settings, "show").out == (
        "Tracking is enabled; the dimension is ACCOUNT_AND_DOMAIN.\n"
        "  the account: opens through the service's own host\n"
        "  mail.example.com: untracked\n"
    )
    ready(*settings, "set", "--domain", "mail.example.com", "--clicks")
    (own,) = ready(*settings, "show", "--json").json["domains"].values()
    assert (own["enabled"], own["opens"], own["clicks"]) == (True, False, True)
    ready(*settings, "disable", "--domain", "mail.example.com")
    assert ready(*settings, "show", "--json").json["domains"] == {}


def test_a_message_is_explained(ready):
    sending = ("send", "--from", "a@mail.example.com", "--to", "b@example.org", "--html", "<p>x")
    before = ready(*sending).out.split()[-1]
    assert ready("tracking", "explain", before).out.splitlines()[-1].startswith("- Nothing is")
    ready("tracking", "settings", "set", "--opens")
    after = ready(*sending).out.split()[-1]
    assert ready("tracking", "explain", after).out.splitlines() == [
        "pixel: http://127.0.0.1:8026",
        "links to http targets: untracked",
        "links to https targets: untracked",
        "- Opens are tracked: the account's tracking setting has them on.",
        "- The host is the service's own host, http://127.0.0.1:8026.",
        "- Clicks are not tracked: the account's tracking setting has them off.",
    ]
    plan = ready("tracking", "explain", after, "--json").json
    assert plan["pixel"] == "http://127.0.0.1:8026"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("domains", "create", "a", "example.com"), "3 to 63 characters"),
        (("domains", "create", "track", "other.example"), "primary domain"),
        (("domains", "verify", "track.example.com"), "does not exist"),
        (("domains", "delete", "track.example.com"), "does not exist"),
        (("settings", "set"), "at least one"),
        (("settings", "set", "--opens", "--tracking-domain", "x.example.com"), "does not exist"),
        (("settings", "set", "--domain", "x.example", "--opens"), "verified sender domain"),
        (("settings", "disable", "--domain", "mail.example.com"), "no tracking setting"),
        (("explain", "x"), "not a message id"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_1(ready, arguments, words):
    ran = ready("tracking", *arguments)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert words in ran.err


def test_untracked_is_for_one_domain(ready):
    assert ready("tracking", "settings", "set", "--untracked").code == 2
