"""Links are found as a browser finds them, and nothing else is taken for one."""

import pytest

from pillarbox.proto.html.entities import decode_value
from pillarbox.proto.html.links import MAX_LINKS, find_links
from pillarbox.proto.html.tokens import MARKER

U = "https://x.example/"


def targets(text: str) -> list[str]:
    return [link.target for link in find_links(text).links]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (f'<a href="{U}">', U),
        (f"<A HREF = '{U}'>", U),
        (f"<a\n\thref\r\n=\f{U}>", U),
        (f"<a href={U}>", U),
        (f"<a href={U}/>", U + "/"),
        (f'<a/href="{U}"/>', U),
        (f'<a class="x"href="{U}">', U),
        (f'<area shape=rect href="{U}">', U),
        (f'<a href="  {U}\n">', U),
        (f'<a href="{U}?a=1&amp;b=2">', U + "?a=1&b=2"),
        (f'<a href="{U}?a=1&amp;amp;b">', U + "?a=1&amp;b"),
        (f'<a href="{U}?a=1&b=2&copy=3&reg">', None),
        (f'<a href="{U}?a=1&b=2&copy=3&amp">', U + "?a=1&b=2&copy=3&"),
        ('<a href="&#104;ttps&colon;//x.example&#x2f;">', U),
        ('<a href="HTTP://X.example">', "HTTP://X.example"),
        (f'<a title=">" href="{U}">', U),
        (f"<a title=it's href='{U}'>", U),
        (f'<a "href="{U}">', None),
        (f'<a x="" "" = "y" href="{U}">', U),
        (f'<a href="{U}" href="http://second.example/">', U),
        (f'<a href=mailto:x href="{U}">', None),
        (f"<p title=\"<a href='{U}'>\">", None),
        (f"<p title='a\" ><a href={U}>", None),
        (f'<p title=a" ><a href={U}>', U),
        (f'<p title=" ><a href={U}>', None),
        (f'<abbr href="{U}"><b href="{U}"></a href="{U}">', None),
        (f'< a href="{U}">', None),
        (f'<a href="{U}"', None),
        (f'<a href="{U}', None),
        (f'<a href="{U}" <b>', U),
        (f"</><a href={U}>", U),
        (f"</ x><a href={U}>", U),
        (f"<?php '><a href={U}>", U),
        (f'<!doctype html "><a href={U}>', U),
        (f"<><<a href={U}>", U),
        (f"a < b <a href={U}>", U),
        (f"<a\xa0href={U}>", None),
        (f"<a href={U}\xa0>", None),
        (f"<\u212aite><a href={U}>", U),
        (f"<a href='{U}ä'>", None),
        (f"<a href='{U}a b'>", None),
        (f"<a href='{U}\n'>", U),
        (f"<a href='{U}&#10;'>", None),
        ("<a href='javascript:alert(1)'>", None),
        ("<a href='mailto:a@b.example'>", None),
        ("<a href='tel:+49'>", None),
        ("<a href='sms:+49'>", None),
        ("<a href='#top'>", None),
        ("<a href='/relative'>", None),
        ("<a href='//x.example/'>", None),
        ("<a href='{{url}}'>", None),
        ("<a href='https:x.example'>", None),
        ("<a href=''>", None),
        ("<a href>", None),
        ("<a href=>", None),
        (f"<a name={U}>", None),
    ],
)
def test_a_tag_has_a_link_or_none(text, target):
    assert targets(text) == ([target] if target else [])


@pytest.mark.parametrize(
    "text",
    [
        "<style>{}</style>",
        "<script>{}</script>",
        "<SCRIPT>{}</Script x='>'>",
        "<title>{}</title>",
        "<textarea>{}</textarea>",
        "<xmp>{}</xmp>",
        "<iframe>{}</iframe>",
        "<noembed>{}</noembed>",
        "<noframes>{}</noframes>",
        "<plaintext>{}",
        "<!-- {} -->",
        "<!--{}--!>",
        "<!-- {}",
        "<style>{}",
        "<title>{}</titl>",
        "<style></styles>{}</style>",
        "<!---->".replace("-->", " >{}-->"),
        "<![if x {}",
        "<script><!--<script></script>{}-->",
        "<script><!-- {} --></script>",
        "<svg><![CDATA[ > {} ]]></svg>",
        "<!--x[if mso]>{}-->",
        "<textarea>{}</textarea",
    ],
)
def test_what_a_browser_shows_no_link_in_has_none(text):
    inside = f"<a href='{U}'>"
    assert targets(text.replace("{}", inside)) == []


@pytest.mark.parametrize(
    "before",
    [
        "<!-->",
        "<!--->",
        "<!---->",
        "<!-- a --!>",
        "<!-- <!-- -->",
        "<![CDATA[ > ",
        "<script>'</scripts>'</script>",
        "<script><!-- </script>",
        "<script><!--<script></script></script>",
        "<script><!--><script></script>",
        "<title></title >",
        "<style></style/>",
        "<svg><title/></svg>",
        "<svg><![CDATA[<title>]]></svg>",
        "<svg/><![CDATA[>",
        "<math></math><![CDATA[>",
        "<!--[if !mso]><!-->",
        "<noscript>",
        "<template>",
        "<![endif]>",
        "<!doctype html>",
        "<styles>",
        "<a-b>",
        "<v:rect href='http://no.example'>",
        "</svg></svg>",
    ],
)
def test_after_what_a_browser_passes_over_links_go_on(before):
    assert targets(f"{before}<a href='{U}'>") == [U]


def test_outlooks_comments_have_links_and_shapes_with_links():
    text = (
        "<!--[if mso]><v:roundrect href='http://a.example'><a href=http://b.example></a>"
        "<style><a href=http://no.example></style><![endif]-->"
        "<!--[if (gte mso 9)|(IE)]><V:Rect HREF='http://c.example'><![endif]-->"
        "<!--[if !mso]><!--><a href=http://d.example><!--<![endif]-->"
    )
    links = find_links(text).links
    assert [(one.target[7], one.conditional, one.number) for one in links] == [
        ("a", True, 0),
        ("b", True, 1),
        ("c", True, 2),
        ("d", False, 3),
    ]


def test_links_that_say_so_are_left_alone_and_lose_our_attributes_only():
    text = (
        f'<a ses:no-track href="{U}1"><a SES:No-Track="" href={U}2><a data-no-track href={U}3>'
        f"<a href={U}4 ses:tags=a:b/>"
    )
    found = find_links(text)
    assert [link.target for link in found.links] == [U + "4"]
    assert [text[slice(*span)] for span in found.removed] == [
        "ses:no-track",
        'SES:No-Track=""',
        "ses:tags=a:b/",
    ]


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("product:book;genre:fiction;", [("product", "book"), ("genre", "fiction")]),
        (" a:1 ; a:2 ;", [("a", "1"), ("a", "2")]),
        ("a:b&#59;c:d", [("a", "b"), ("c", "d")]),
        ("a", []),
        ("a:b:c;ä:b;a b:c;:;x:y", [("x", "y")]),
        ("", []),
    ],
)
def test_tags_of_a_link_are_read(written, tags):
    link = find_links(f'<a href="{U}" ses:tags="{written}">').links[0]
    assert list(link.tags) == tags


def test_targets_of_list_unsubscribe_are_spared():
    found = find_links(f"<a href={U}><a href={U}?a&amp;b>", spared={U + "?a&b"})
    assert [link.target for link in found.links] == [U]


def test_links_are_counted_over_all_parts_up_to_the_limit():
    text = f"<a href={U}>" * 10
    assert [link.number for link in find_links(text, first=7).links] == list(range(7, 17))
    assert len(find_links(text, first=MAX_LINKS - 3).links) == 3


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("<body>x</body></html>", 7),
        ("<body>x</BODY ></html>", 7),
        ("a</body>b</body>c", 9),
        ("</body><!--</body>--><script></body></script>", 0),
        ("<p title='</body>'>x</bodyx>", 28),
        ("x", 1),
        ("", 0),
        ("x<!-- never closed", 1),
        ("x<title>never closed", 1),
        ("x<a href='", 1),
        ("x</body><a ", 1),
        ("<!--[if mso]></body><![endif]-->x", 33),
        ("x<plaintext>y", 1),
    ],
)
def test_a_pixel_goes_before_the_last_body_end_or_where_the_text_ends(text, at):
    assert find_links(text).pixel_at == at


def test_a_marker_places_the_pixel_where_it_is_shown():
    text = f"<p title='{MARKER}'><!--{MARKER}--><!--[if mso]>{MARKER}<![endif]-->a{MARKER}b{MARKER}"
    found = find_links(text)
    assert found.placed is not None
    assert text[: found.placed[0]].endswith("]-->a")
    assert len(found.markers) == 3
    assert {text[slice(*span)] for span in found.markers} == {MARKER}
    assert find_links(MARKER.lower()).markers == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&amp;", "&"),
        ("&ampx", "&ampx"),
        ("&amp=", "&amp="),
        ("&amp;=", "&="),
        ("&amp", "&"),
        ("&amp-", "&-"),
        ("&amp;lt;", "&lt;"),
        ("&notit;", "&notit;"),
        ("&not;", "¬"),
        ("&unknown;", "&unknown;"),
        ("&#x26;#", "&#"),
        ("&#38", "&"),
        ("&&amp;&", "&&&"),
        ("&", "&"),
        ("&#;", "&#;"),
        ("&Amp;", "&Amp;"),
        ("&AMP;", "&"),
    ],
)
def test_references_are_decoded_as_in_attributes(written, read):
    assert decode_value(written) == read
