"""Destination groups: whose host it is, and how an operator's own table changes the limits."""

import pytest

from pillarbox.base.errors import SettingsError
from pillarbox.deliver.groups import domain_of_host, load_groups

HOSTS = [
    ("gmail-smtp-in.l.google.com", "google"),
    ("aspmx.l.google.com", "google"),
    ("alt3.aspmx.l.google.com", "google"),
    ("aspmx2.googlemail.com", "google"),
    ("outlook-com.olc.protection.outlook.com", "microsoft"),
    ("contoso-com.mail.protection.outlook.com", "microsoft"),
    ("contoso-com.k-v1.mx.microsoft", "microsoft"),
    ("mta5.am0.yahoodns.net", "yahoo"),
    ("mx01.mail.icloud.com", "icloud"),
    ("mx1a1.comcast.net", "comcast"),
    ("smtp-in.orange.fr", "orange"),
    ("mx00.emig.gmx.net", "gmx"),
    ("mx-ha02.web.de", "gmx"),
    ("mxs.mail.ru", "mailru"),
    ("mx.yandex.ru", "yandex"),
    ("mx3.qq.com", "qq"),
    ("163mx01.mxmail.netease.com", "netease"),
    ("mxa-00123.gslb.pphosted.com", "proofpoint"),
    ("eu-smtp-inbound-1.mimecast.com", "mimecast"),
    ("notgoogle.com", "notgoogle.com"),
    ("mx1.example.org", "example.org"),
    ("example.org", "example.org"),
    ("mail.shop.co.uk", "shop.co.uk"),
    ("shop.co.uk", "shop.co.uk"),
    ("mx.io.example.de", "io.example.de"),
]


@pytest.mark.parametrize(("host", "name"), HOSTS, ids=[host for host, _ in HOSTS])
def test_a_host_belongs_to_its_operator(host, name):
    assert load_groups(10).of(host).name == name


def test_each_row_says_where_it_comes_from_and_has_sane_limits():
    groups = load_groups(10)
    assert len(groups.listed) >= 12
    for group in groups.listed:
        assert len(groups.source(group.name)) >= 4
        assert 1 <= group.connections <= 50
        assert group.listed


def test_who_is_not_listed_has_the_defaults():
    group = load_groups(7).of("mx.example.org")
    assert (group.connections, group.messages_per_connection, group.listed) == (7, 100, False)
    assert load_groups(7).named("example.org") == group


def own(tmp_path, text):
    file = tmp_path / "groups.toml"
    file.write_text(text)
    return load_groups(10, str(file))


def test_an_own_file_changes_what_it_says_and_adds_groups(tmp_path):
    groups = own(
        tmp_path,
        "[default]\nconnections = 3\n[group.google]\nconnections = 99\n"
        '[group.acme]\nmx = ["Acme.example."]\nmessages_per_second = 0.5\n',
    )
    google, acme = groups.of("aspmx.l.google.com"), groups.of("mx.acme.example")
    assert (google.connections, google.messages_per_connection) == (99, 50)
    assert (acme.name, acme.connections, acme.messages_per_second) == ("acme", 3, 0.5)
    assert groups.of("mx.example.org").connections == 3
    assert groups.source("google").endswith("groups.toml")


def test_the_longest_end_decides(tmp_path):
    groups = own(tmp_path, '[group.workspace]\nmx = ["aspmx.l.google.com"]\n')
    assert groups.of("alt1.aspmx.l.google.com").name == "workspace"
    assert groups.of("gmail-smtp-in.l.google.com").name == "google"


WRONG = {
    "not-toml": ("[group", "is not TOML"),
    "table": ("[groups.x]", "unknown table [groups]"),
    "key": ("[group.google]\nconnection = 1", "[group.google]: unknown key connection"),
    "kind": ('[group.google]\nconnections = "many"', "connections must be a whole number"),
    "zero": ("[group.google]\nconnections = 0", "must be a whole number of at least 1, not 0"),
    "truth": ("[group.google]\nconnections = true", "not True"),
    "negative": ("[default]\nmessages_per_second = -1", "[default]: messages_per_second must be"),
    "share": ("[default]\nwarmup_share = 1.5", "above 0 and up to 1"),
    "no-mx": ("[group.acme]\nconnections = 1", "[group.acme]: mx must be a list"),
    "empty-mx": ("[group.acme]\nmx = ['.']", "[group.acme]: mx must be a list"),
    "flat": ("[group]\ngoogle = 1", "[group.google] must be a table"),
}


@pytest.mark.parametrize(("text", "error"), WRONG.values(), ids=WRONG)
def test_a_bad_row_is_refused_by_name(tmp_path, text, error):
    with pytest.raises(SettingsError) as caught:
        own(tmp_path, text)
    assert error in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_is_not_there_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"/nowhere/groups\.toml can't be read"):
        load_groups(10, "/nowhere/groups.toml")


@pytest.mark.parametrize(("host", "domain"), [("10.0.0.1", "10.0.0.1"), ("a.b.c.d", "b.c.d")])
def test_the_domain_of_a_host(host, domain):
    assert domain_of_host(host) == domain
