"""Query answers: well-formed for any text, and read back as what was meant."""

import datetime as dt
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.aws.query_xml import write_answer, write_error
from pillarbox.proto.aws.rest_json import Shape

NAMESPACE = "urn:test"


class Inner(Shape, kw_only=True):
    name: str | None = None


class Outer(Shape, kw_only=True):
    text: str | None = None
    words: tuple[str, ...] | None = None
    many: tuple[Inner, ...] | None = None
    by_name: dict[str, Inner] | None = None
    data: bytes | None = None
    count: int | None = None
    share: float | None = None
    flag: bool | None = None
    at: dt.datetime | None = None


def answer(value, *, result=True):
    document = write_answer(
        "Do", value, namespace=NAMESPACE, request_id="an-id", result=result
    ).decode()
    start = f'<DoResponse xmlns="{NAMESPACE}">'
    end = "<ResponseMetadata><RequestId>an-id</RequestId></ResponseMetadata></DoResponse>"
    assert document.startswith(start)
    assert document.endswith(end)
    return document[len(start) : -len(end)]


WHOLE = Outer(
    text="a<b>&\"'\r\n",
    words=("x", ""),
    many=(Inner(name="n"), Inner()),
    by_name={"a&b": Inner(name="n")},
    data=b"\xff",
    count=-3,
    share=200.0,
    flag=False,
    at=dt.datetime(2026, 11, 21, 8, 45, tzinfo=dt.timezone(dt.timedelta(hours=1))),
)


WRITTEN = (
    "<DoResult><Text>a&lt;b&gt;&amp;&quot;'&#13;\n</Text>"
    "<Words><member>x</member><member/></Words>"
    "<Many><member><Name>n</Name></member><member/></Many>"
    "<ByName><entry><key>a&amp;b</key><value><Name>n</Name></value></entry></ByName>"
    "<Data>/w==</Data><Count>-3</Count><Share>200.0</Share><Flag>false</Flag>"
    "<At>2026-11-21T07:45:00Z</At></DoResult>"
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "<DoResult/>"),
        (Outer(), "<DoResult/>"),
        (Outer(words=(), by_name={}), "<DoResult><Words/><ByName/></DoResult>"),
        (
            WHOLE,
            WRITTEN,
        ),
        (
            Outer(at=dt.datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=dt.UTC)),
            "<DoResult><At>2026-01-02T03:04:05.678Z</At></DoResult>",
        ),
    ],
)
def test_an_answer_is_written_as_the_protocol_says(value, written):
    assert answer(value) == written


def test_an_answer_may_have_no_result():
    assert answer(None, result=False) == ""


def test_an_error_is_written_with_its_members():
    document = write_error(
        "NoSet",
        "Set <x> is not there.",
        sender=True,
        members={"ConfigurationSetName": "x"},
        namespace=NAMESPACE,
        request_id="an-id",
    )
    assert document.decode() == (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>NoSet</Code>'
        "<Message>Set &lt;x&gt; is not there.</Message>"
        "<ConfigurationSetName>x</ConfigurationSetName></Error>"
        "<RequestId>an-id</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize("text", ["\0", "\x0b", "\ud800", "\uffff", "a\x1fb"])
def test_what_xml_can_not_hold_is_replaced(text):
    assert "\ufffd" in answer(Outer(text=text))


UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3), st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
def test_any_text_is_well_formed_and_read_back(text, words, named):
    value = Outer(
        text=text,
        words=tuple(words),
        by_name={key: Inner(name=name) for key, name in named.items()},
    )
    document = write_answer("Do", value, namespace=NAMESPACE, request_id=text, result=True)
    root = ET.fromstring(document)
    read = root.findtext(f"{{{NAMESPACE}}}DoResult/{{{NAMESPACE}}}Text")
    assert read == UNFIT.sub("\ufffd", text)
    error = write_error(
        text, text, sender=False, members={"M": text}, namespace=NAMESPACE, request_id=text
    )
    ET.fromstring(error)
