"""Settings: a file, the environment over it, and one line for each mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import SettingsError
from pillarbox.base.settings import Address
from pillarbox.base.settings_source import load, parse_address
from pillarbox.base.source_check import read_sources

DIRECT = '[deliver]\nmode = "direct"\n[service]\ndomain = "mail.example"\n'
RELAY = '[deliver]\nmode = "relay"\n[service]\ndomain = "mail.example"\n'
RELAY_TO = RELAY + '[relay]\nhost = "smtp.example"\n'


@pytest.fixture
def from_file(tmp_path):
    """Load settings of this text of a file, with this environment."""

    def load_text(text: str, environ: dict[str, str] | None = None, **options):
        file = tmp_path / "pillarbox.toml"
        file.write_text(text)
        return load(file, environ or {}, **options)

    return load_text


def test_without_anything_it_is_a_laptop_in_capture_mode():
    settings = load(None, {})
    assert settings.data == Path("pillarbox-data")
    assert settings.capturing
    assert settings.presume_verified
    assert settings.network.allow_private_destinations
    assert settings.service.domain == "pillarbox.localhost"
    assert settings.store_url == "sqlite:///pillarbox-data/pillarbox.sqlite"
    assert settings.captured_folder == Path("pillarbox-data/captured")
    assert str(settings.listen.api) == "127.0.0.1:8025"


def test_a_file_sets_and_the_environment_wins(from_file):
    text = DIRECT + '[listen]\napi = "0.0.0.0:80"\ndns = "[::1]:53"\n[workers]\ncount = 3\n'
    settings = from_file(text, {"PILLARBOX_LISTEN_API": "127.0.0.2:81", "HOME": "/"})
    assert settings.listen.api == Address("127.0.0.2", 81)
    assert settings.listen.dns == Address("::1", 53)
    assert str(settings.listen.dns) == "[::1]:53"
    assert settings.workers.count == 3
    assert not settings.capturing
    assert not settings.network.allow_private_destinations


def test_the_environment_names_file_and_data(tmp_path):
    file = tmp_path / "one.toml"
    file.write_text(DIRECT)
    environ = {"PILLARBOX_CONFIG": str(file), "PILLARBOX_DATA": "/srv/mail"}
    assert load(None, environ).deliver.mode == "direct"
    assert load(None, environ).data == Path("/srv/mail")
    assert load(None, environ, data=Path("other")).data == Path("other")


@pytest.mark.parametrize(
    ("text", "environ", "capture", "mode"),
    [
        (None, {}, False, "capture"),
        (
            None,
            {"PILLARBOX_DELIVER_MODE": "direct", "PILLARBOX_SERVICE_DOMAIN": "d.example"},
            False,
            "direct",
        ),
        (DIRECT, {}, False, "direct"),
        (DIRECT, {}, True, "capture"),
        (DIRECT, {"PILLARBOX_DELIVER_MODE": "capture"}, False, "capture"),
        ('[deliver]\nmode = "capture"\n', {}, False, "capture"),
    ],
)
def test_the_mode_is_capture_without_a_file_and_else_what_is_said(
    tmp_path, text, environ, capture, mode
):
    file = None
    if text is not None:
        file = tmp_path / "one.toml"
        file.write_text(text)
    assert load(file, environ, capture=capture).deliver.mode == mode


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("192.0.2.1", "192.0.2.2"), "two IPv4 addresses"),
        (("mail.example",), "'mail.example' is no IP address"),
        (("192.0.2.1 -x",), "'-x' is no host name"),
    ],
)
def test_sources_that_can_not_be_are_refused(sources, words):
    with pytest.raises(SettingsError, match=words):
        read_sources(sources)


def test_a_source_is_an_address_with_the_name_that_it_greets_with():
    found = read_sources(("192.0.2.1", "2001:DB8::1  mail6.example"))
    assert found == {4: ("192.0.2.1", ""), 6: ("2001:db8::1", "mail6.example")}


@pytest.mark.parametrize(
    "more",
    [
        "",
        'username = "me"\npassword_file = "/run/secrets/relay"\n',
        'host = "127.0.0.1"\nusername = "me"\npassword = "x"\ntls = "none"\n',
        'host = "localhost"\nusername = "me"\npassword = "x"\ntls = "none"\n',
    ],
)
def test_a_smart_host_may_be_used_with_a_login_or_without(from_file, more):
    text = RELAY_TO if "host" not in more else RELAY + "[relay]\n"
    assert from_file(text + more).relaying


def test_the_password_of_the_smart_host_is_in_no_repr(from_file):
    assert "hunter2" not in repr(from_file(RELAY_TO + 'username = "u"\npassword = "hunter2"\n'))


def test_recipients_reach_the_tracking_listener_where_the_settings_say(from_file):
    assert from_file(DIRECT).track_url == "http://127.0.0.1:8026"
    given = from_file(DIRECT + '[track]\nurl = "https://t.mail.example/"\n')
    assert given.track_url == "https://t.mail.example"


def test_a_list_is_a_list_in_the_file_and_separated_by_commas_in_the_environment(from_file):
    text = DIRECT + '[track]\ntrusted_proxies = ["10.0.0.0/8", "fd00::/8"]\n'
    assert from_file(text).track.trusted_proxies == ("10.0.0.0/8", "fd00::/8")
    environ = {"PILLARBOX_TRACK_TRUSTED_PROXIES": "192.0.2.7, 10.0.0.0/8"}
    assert from_file(text, environ).track.trusted_proxies == ("192.0.2.7", "10.0.0.0/8")


def test_identities_are_presumed_verified_only_when_nothing_leaves(from_file):
    assert not from_file(DIRECT).presume_verified
    assert not load(None, {"PILLARBOX_IDENTITY_VERIFY": "real"}).presume_verified


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "[deliver] mode is missing"),
        ('[service]\ndomain = "d.example"\n', "[deliver] mode is missing"),
        ('[deliver]\nmode = "direct"\n', "[service] domain is missing"),
        (
            '[deliver]\nmode = "relais"\n',
            "deliver.mode is 'relais'; it can be direct, relay, capture",
        ),
        (RELAY, "[relay] host is missing"),
        (RELAY_TO + 'username = "me"\n', "password or password_file is missing"),
        (RELAY_TO + 'password = "x"\n', "[relay] a password is set: username is missing"),
        (RELAY_TO + 'username = "me"\npassword = "x"\npassword_file = "y"\n', "are both set"),
        (
            RELAY_TO + 'username = "me"\npassword = "x"\ntls = "none"\n',
            'tls = "none" would send the password in plain text',
        ),
        (RELAY_TO + "port = 65536\n", "[relay] port must be 65535 or less"),
        (RELAY_TO + 'tls = "maybe"\n', "relay.tls is 'maybe'; it can be starttls, tls, none"),
        (DIRECT + '[relay]\nhost = "h"\n', '[deliver] mode is not "relay"'),
        (DIRECT + '[network]\nown_endpoints = ["mx"]\n', "network.own_endpoints must be host:port"),
        ('[delivr]\nmode = "direct"\n', "unknown section [delivr]; did you mean deliver?"),
        ("[xyzzy]\na = 1\n", "unknown section [xyzzy]; known are: aws_cloudwatch, aws_events"),
        ("[data]\n", "unknown section [data]"),
        ("[deliver]\nmodus = 1\n", "unknown setting modus in [deliver]; did you mean mode?"),
        ("[workers]\nsize = 1\n", "unknown setting size in [workers]; known are: count"),
        ("mode = 1\n", "mode stands outside a [section]"),
        ("[[deliver]]\nmode = 1\n", "deliver stands outside a [section]"),
        ("[deliver\n", "is not TOML"),
        ("[deliver]\nmode = 1\n", "deliver.mode must be a text"),
        ("[workers]\ncount = true\n", "workers.count must be a whole number"),
        ("[workers]\ncount = 1.5\n", "workers.count must be a whole number"),
        ("[workers]\ncount = -1\n", "workers.count must be a whole number, 0 or more"),
        ('[workers]\ncount = "x"\n', "workers.count must be a whole number, not 'x'"),
        (
            '[network]\nallow_private_destinations = "maybe"\n',
            "network.allow_private_destinations must be true or false, not 'maybe'",
        ),
        ('[listen]\napi = "8025"\n', "listen.api must be host:port, not '8025'"),
        ("[listen]\napi = 8025\n", "listen.api must be host:port"),
        ('[listen]\napi = ":8025"\n', "listen.api must be host:port"),
        ('[listen]\napi = "a:65536"\n', "listen.api must be host:port"),
        ('[log]\nlevel = "loud"\n', "log.level is 'loud'; it can be debug, info"),
        (DIRECT + '[dns]\nresolver = "ns"\n', "dns.resolver must be host:port"),
        (DIRECT + '[scan]\nclamd = "clamd"\n', "scan.clamd must be host:port"),
        (DIRECT + "[scan]\nconnections = 0\n", "scan.connections must be 1 or more"),
        (DIRECT + '[track]\nurl = "mail.example"\n', "[track] url must be http://HOST"),
        (DIRECT + '[track]\nurl = "http://mail.example/t"\n', "[track] url must be http://HOST"),
        (DIRECT + '[track]\ntrusted_proxies = ["10.0.0.1/8"]\n', "'10.0.0.1/8' is no network"),
        (DIRECT + "[track]\ntrusted_proxies = 3\n", "must be a list of texts"),
        (DIRECT + "[track]\ntrusted_proxies = [3]\n", "trusted_proxies must be a text"),
        (DIRECT + '[bootstrap]\naccess_key_id = "A"\n', "[bootstrap] needs both"),
        (DIRECT + '[bootstrap]\nsecret_access_key = "A"\n', "[bootstrap] needs both"),
        (DIRECT + '[aws_sns]\naccess_key_id = "A"\n', "[aws_sns] needs both"),
        (DIRECT + '[aws_events]\nregion = "eu-west-1"\n', "[aws_events] has no credentials"),
        (DIRECT + "[aws_sns]\nambient = true\nregion = 'a b'\n", "[aws_sns] region is no region"),
        (
            DIRECT + "[aws_sns]\nambient = true\nendpoint = 'localhost'\n",
            "[aws_sns] endpoint must be http://HOST",
        ),
        (
            DIRECT + "[aws_firehose]\nambient = true\nsts_endpoint = 'x'\n",
            "[aws_firehose] sts_endpoint must be http://HOST",
        ),
        (
            DIRECT + "[aws_sns]\nambient=true\naccess_key_id='A'\nsecret_access_key='B'\n",
            "[aws_sns] has a key and ambient = true",
        ),
    ],
)
def test_a_wrong_file_is_told_in_one_line(from_file, text, words):
    with pytest.raises(SettingsError) as told:
        from_file(text)
    assert words in told.value.message
    assert "\n" not in told.value.message


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PILLARBOX_LISTEN_APPI", "a:1", "PILLARBOX_LISTEN_APPI; did you mean PILLARBOX_LISTEN_AP"),
        ("PILLARBOX_WORKERS", "2", "did you mean PILLARBOX_WORKERS_COUNT?"),
        ("PILLARBOX_DELIVER_MODE", "", "deliver.mode is ''"),
        ("PILLARBOX_WORKERS_COUNT", "two", "workers.count must be a whole number, not 'two'"),
        ("PILLARBOX_LISTEN_DNS", "here", "listen.dns must be host:port, not 'here'"),
        ("PILLARBOX_NETWORK_ALLOW_PRIVATE_DESTINATIONS", "", "must be true or false"),
    ],
)
def test_a_wrong_environment_is_told_in_one_line(name, value, words):
    with pytest.raises(SettingsError) as told:
        load(None, {name: value})
    assert words in told.value.message


def test_a_file_that_can_not_be_read_is_told_in_one_line(tmp_path):
    with pytest.raises(SettingsError, match=r"can't read .*: No such file"):
        load(tmp_path / "missing.toml", {})
    file = tmp_path / "latin.toml"
    file.write_bytes(b'[service]\ndomain = "m\xfcnchen.example"\n')
    with pytest.raises(SettingsError, match="is not TOML"):
        load(file, {})


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), ("YES", True), ("false", False), ("0", False), ("No", False)],
)
def test_switches_are_said_in_several_ways(text, value):
    environ = {
        "PILLARBOX_NETWORK_ALLOW_PRIVATE_DESTINATIONS": text,
        "PILLARBOX_DELIVER_MODE": "direct",
        "PILLARBOX_SERVICE_DOMAIN": "d.example",
    }
    assert load(None, environ).network.allow_private_destinations is value


@given(
    st.text() | st.from_regex(r"[a-z:\[\]]*:[0-9]*", fullmatch=True) | st.just("a:" + "9" * 5000)
)
def test_any_text_is_an_address_or_a_settings_error(text):
    try:
        address = parse_address(text, "listen.api")
    except SettingsError:
        return
    assert address.host
    assert 0 <= address.port <= 65535
