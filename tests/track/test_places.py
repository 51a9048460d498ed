"""Approximate locations out of a MaxMind file, and no error out of any file or address."""

import sys
from pathlib import Path

import pytest

from pillarbox.track.places import Places
from tests.track.mmdb import database

#: MaxMind's own, from the source distribution of maxminddb (`make test` brings it).
CITIES = Path(sys.prefix) / "maxmind" / "GeoIP2-City-Test.mmdb"
LONDON = {
    "country": {"iso_code": "GB"},
    "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}],
    "city": {"names": {"en": "London", "de": "London"}},
}


@pytest.fixture
def file(tmp_path) -> str:
    path = tmp_path / "city.mmdb"
    networks = {"81.2.69.0/24": LONDON, "89.160.20.0/25": {"country": {"iso_code": "SE"}}}
    path.write_bytes(database({**networks, "175.16.199.0/24": {"traits": {}}}))
    return str(path)


@pytest.mark.parametrize(
    ("ip", "place"),
    [
        ("81.2.69.160", {"country": "GB", "region": "England", "city": "London"}),
        ("89.160.20.112", {"country": "SE"}),
        ("175.16.199.1", None),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_an_address_has_the_place_that_the_file_says(file, ip, place):
    places = Places(file)
    assert places.find(ip) == place
    places.close()


def test_without_a_file_nothing_is_known():
    assert Places("").find("81.2.69.160") is None


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_file_that_can_not_be_read_costs_only_the_locations(tmp_path, content, caplog):
    file = tmp_path / "broken.mmdb"
    if content is not None:
        file.write_bytes(content)
    assert Places(str(file)).find("81.2.69.160") is None
    assert "geoip_file can't be read" in caplog.text


@pytest.mark.skipif(not CITIES.exists(), reason="scripts/maxmind-test-data has not brought it")
@pytest.mark.parametrize(
    ("ip", "place"),
    [
        ("81.2.69.142", {"country": "GB", "region": "England", "city": "London"}),
        ("216.160.83.56", {"country": "US", "region": "Washington", "city": "Milton"}),
        ("2001:218::1", {"country": "JP"}),
        ("192.0.2.1", None),
    ],
)
def test_maxminds_own_test_database_is_read(ip, place):
    places = Places(str(CITIES))
    assert places.find(ip) == place
    places.close()
