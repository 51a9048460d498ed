"""The charset of a report: what its part says, and what its octets are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.report.charset import to_text

JAPANESE = "あて先のユーザーは存在しません。次のアドレスへは配信できませんでした。<a@b.example>"
RUSSIAN = "Сообщение не может быть доставлено: пользователь не найден. Ящик переполнен"
CHINESE = "抱歉，您的邮件被退回来了，收件人邮箱不存在，无法送达"
GERMAN = "Empfänger unbekannt, Postfach geschlossen für Müller"
WRITTEN = [
    (JAPANESE, "iso-2022-jp"),
    (JAPANESE, "shift_jis"),
    (JAPANESE, "euc-jp"),
    (JAPANESE, "utf-8"),
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "windows-1251"),
    (RUSSIAN, "utf-8"),
    (CHINESE, "gb2312"),
    (CHINESE, "utf-8"),
    (GERMAN, "iso-8859-1"),
    (GERMAN, "utf-8"),
]


@pytest.mark.parametrize(("text", "charset"), WRITTEN)
@pytest.mark.parametrize("said", ["", "us-ascii", "utf-8", "iso-2022-jp", "x-unknown", None])
def test_a_text_is_read_whatever_its_charset_is_said_to_be(text, charset, said):
    assert to_text(text.encode(charset), charset if said is None else said) == text


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251"])
def test_russian_is_known_by_its_words_among_any_others(charset):
    text = f"From: Mailer-Daemon <a@b.example>\nSubject: {RUSSIAN}\nX-Mailer: The Server 1.0\n"
    assert to_text(text.encode(charset), "") == text


@pytest.mark.parametrize("said", ["iso-8859-1", "koi8-r", "shift_jis", "gb2312", "euc-kr", "big5"])
@pytest.mark.parametrize("text", [JAPANESE, RUSSIAN, CHINESE])
def test_utf_8_under_another_name_is_utf_8(text, said):
    assert to_text(text.encode(), said) == text


def test_a_charset_that_fits_is_taken_at_its_word_where_utf_8_could_be_chance():
    assert to_text("\u9225".encode("gbk") + b" <a@b.example>", "gbk") == "\u9225 <a@b.example>"
    assert to_text("髙橋①".encode("cp932"), "shift_jis") == "髙橋①"


@given(st.binary(max_size=300), st.sampled_from(["", "gb2312", "iso-2022-kr", "euc-jp", "x"]))
def test_any_octets_are_some_text_without_a_return(octets, charset):
    text = to_text(octets, charset)
    assert "\r" not in text
    assert octets.isascii() or text
