"""The ASCII in octets: what the charset says is ASCII, where it is, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.mime.octet_text import view_octets

CODECS = {
    "UTF-8": "utf-8",
    "ISO-8859-1": "latin-1",
    "windows-1251": "cp1251",
    "KOI8-R": "koi8-r",
    "EUC-JP": "euc_jp",
    "EUC-KR": "euc_kr",
    "Shift_JIS": "shift_jis",
    "cp932": "cp932",
    "GB2312": "gb2312",
    "GBK": "gbk",
    "GB18030": "gb18030",
    "Big5": "big5",
    "Big5-HKSCS": "big5hkscs",
    "windows-949": "cp949",
    "ISO-2022-JP": "iso2022_jp",
    "ISO-2022-KR": "iso2022_kr",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
}
#: Letters whose octets look like ASCII in one charset or the other, and markup around them.
TEXTS = st.text(
    st.sampled_from("<a href='x'>\r\n\\|~`{")
    | st.sampled_from("ソ能表十許功蓋한국汉字日本ж€ü😀")
    | st.characters(),
    max_size=40,
)
_SHIFTS = re.compile(r"\x1b\(B|\x1b\$\)C|\x0e|\x0f")


@pytest.mark.parametrize("charset", CODECS)
@given(text=TEXTS)
def test_ascii_is_what_the_charset_says_it_is(charset, text):
    codec = CODECS[charset]
    text = re.sub(r"[\x0e\x0f\x1b]", "", text)  # the shifts of two charsets
    text = text.encode(codec, "ignore").decode(codec)
    if "JIS" in charset or "JP" in charset or charset == "cp932":
        text = re.sub(r"[\\~¥‾]", "", text)  # one octet for two of them
    octets = text.encode(codec)
    view = view_octets(octets, charset)
    assert view is not None
    assert len(view.text) * view.unit == len(octets)
    ascii_only = "".join(char for char in _SHIFTS.sub("", view.text) if char < "\x80")
    assert ascii_only == "".join(char for char in text if char < "\x80")
    for at, char in enumerate(view.text):
        if char < "\x80":
            assert octets[at * view.unit : (at + 1) * view.unit] == char.encode(view.codec)


@given(st.binary(max_size=60))
@pytest.mark.parametrize("charset", [*CODECS, "utf-16", "us-ascii"])
def test_any_octets_have_a_view_of_their_length(charset, octets):
    view = view_octets(octets, charset)
    if view is None:
        assert "16" in charset
        assert len(octets) % 2 or charset == "utf-16"
    else:
        assert len(view.text) * view.unit == len(octets)


@pytest.mark.parametrize("charset", ["", "x-unknown", "utf-7", "hz-gb-2312", "utf-32", "rot13"])
def test_a_charset_that_we_do_not_know_has_no_view(charset):
    assert view_octets(b"<a>", charset) is None
