"""Secrets at rest: what was sealed opens in its place only, with its key only."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import StartError
from pillarbox.base.secrets import Sealer, find_master_key, make_master_key

SEALER = Sealer(b"m" * 32)


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_in_its_place(plain, place):
    assert SEALER.open(SEALER.seal(plain, place), place) == plain


@given(st.binary(max_size=60))
def test_any_other_bytes_are_a_start_error(sealed):
    with pytest.raises(StartError, match="access_keys/A does not open"):
        SEALER.open(sealed, "access_keys/A")


@pytest.mark.parametrize(
    ("sealer", "place"),
    [(SEALER, "access_keys/B"), (SEALER, ""), (Sealer(b"o" * 32), "access_keys/A")],
)
def test_another_place_or_another_key_does_not_open(sealer, place):
    with pytest.raises(StartError, match="does not open with this master key"):
        sealer.open(SEALER.seal(b"secret", "access_keys/A"), place)


def test_a_changed_bit_does_not_open():
    sealed = SEALER.seal(b"secret", "a")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(StartError):
            SEALER.open(bytes(changed), "a")


def test_the_same_secret_is_sealed_differently_each_time():
    assert SEALER.seal(b"secret", "a") != SEALER.seal(b"secret", "a")
    assert b"secret" not in SEALER.seal(b"secret", "a")


def test_each_use_has_its_own_key_and_each_master_key_its_own():
    uses = ["seal", "check", "verp", "page tokens"]
    keys = [sealer.derive(use) for sealer in (SEALER, Sealer(b"o" * 32)) for use in uses]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}
    assert SEALER.derive("verp") == Sealer(b"m" * 32).derive("verp")
    assert SEALER.check_value != Sealer(b"o" * 32).check_value


@pytest.mark.parametrize("key", [b"", b"m" * 31, b"m" * 33])
def test_a_key_of_another_length_is_refused(key):
    with pytest.raises(StartError, match="32 bytes"):
        Sealer(key)


def test_a_key_is_made_once_for_its_owner_only(tmp_path):
    data = tmp_path / "new" / "data"
    assert find_master_key(data, {}) is None
    key = make_master_key(data)
    assert len(key) == 32
    assert (data / "master.key").stat().st_mode & 0o777 == 0o600
    assert find_master_key(data, {}) == key
    with pytest.raises(FileExistsError):
        make_master_key(data)
    assert find_master_key(data, {}) == key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    make_master_key(tmp_path)
    (tmp_path / "master.key").chmod(mode)
    with pytest.raises(StartError, match="can be read by others"):
        find_master_key(tmp_path, {})


def test_the_environments_key_goes_before_the_files(tmp_path):
    make_master_key(tmp_path)
    text = base64.b64encode(b"e" * 32).decode()
    assert find_master_key(tmp_path, {"PILLARBOX_MASTER_KEY": f" {text}\n"}) == b"e" * 32


@pytest.mark.parametrize("text", ["no base64!", "abc", "ü"])
def test_what_is_no_base64_is_refused(tmp_path, text):
    with pytest.raises(StartError, match="PILLARBOX_MASTER_KEY holds no base64"):
        find_master_key(tmp_path, {"PILLARBOX_MASTER_KEY": text})


def test_a_file_of_other_bytes_is_refused(tmp_path):
    make_master_key(tmp_path)
    (tmp_path / "master.key").write_bytes(b"\xff\xfe")
    with pytest.raises(StartError, match=r"master\.key holds no base64"):
        find_master_key(tmp_path, {})
