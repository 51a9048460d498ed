"""Does a tracking host lead to us: over CNAME or a signed path, with HTTPS or without."""

import ssl

import pytest

from pillarbox.base.outgoing_http import Fetched, OutgoingHttp, Unreachable
from pillarbox.base.resolver import Answer
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.tracking_finding import HostFinding, HostLookup
from pillarbox.identity.tracking_probe import probe_page
from pillarbox.model.page import PageRequest
from tests.peers.certificate import write_certificate
from tests.peers.web import page_answer, serving

KEY = b"k" * 32
HOST, OURS = "track.example.com", "email.mail.test"
NOBODY = Unreachable("nobody answers there")
RIGHT = Answer("ok", (OURS,))
NO_CNAME = Answer("nodata")


class Dns:
    """A resolver that knows the CNAME of HOST, and that everybody lives on loopback."""

    def __init__(self, cname):
        self.cname = cname

    async def query(self, name, rdtype, *, fresh=False):
        assert (name, fresh) == (HOST, True)
        return {"CNAME": self.cname, "A": Answer("ok", ("127.0.0.1",))}.get(rdtype, NO_CNAME)


class Web:
    """A client that is answered by scheme: our page, or what is given."""

    def __init__(self, **answers):
        self.answers = answers
        self.page = probe_page(KEY)

    async def get(self, scheme, host, path, query=""):
        given = self.answers.get(scheme, NOBODY)
        if given == "ours":
            found = await self.page(PageRequest(method="GET", path=path, query=query, host=host))
            return Fetched(found.status, found.body)
        return given


def finding(**values):
    return HostFinding(**({"works": True, "https": False, "https_reason": NOBODY.reason} | values))


NO_HTTP = "and over http nobody answers there"


@pytest.mark.parametrize(
    ("cname", "web", "expected"),
    [
        (RIGHT, Web(), finding()),
        (RIGHT, Web(https="ours"), finding(https=True, https_reason="")),
        (Answer("ok", (f"{OURS.upper()}.",)), Web(), finding()),
        (NO_CNAME, Web(http="ours"), finding()),
        (NO_CNAME, Web(http="ours", https="ours"), finding(https=True, https_reason="")),
        (NO_CNAME, Web(https="ours"), finding(https=True, https_reason="")),
        (
            NO_CNAME,
            Web(http="ours", https=Unreachable("its certificate is not valid: expired")),
            finding(https_reason="its certificate is not valid: expired"),
        ),
        (
            NO_CNAME,
            Web(),
            finding(works=False, reason=f"it has no CNAME to {OURS}, {NO_HTTP}"),
        ),
        (
            Answer("ok", ("shop.example.com",)),
            Web(),
            finding(
                works=False,
                reason=f"its CNAME points to shop.example.com, not to {OURS}, {NO_HTTP}",
            ),
        ),
        (
            NO_CNAME,
            Web(http=Fetched(301, b"")),
            finding(
                works=False,
                reason=f"it has no CNAME to {OURS}, and over http it redirects elsewhere",
            ),
        ),
        (
            NO_CNAME,
            Web(http=Fetched(200, b"<html>")),
            finding(
                works=False,
                reason=f"it has no CNAME to {OURS}, and over http another server answers there",
            ),
        ),
        (
            Answer("trouble"),
            Web(),
            finding(works=False, trouble=True, reason=f"it has no CNAME to {OURS}, {NO_HTTP}"),
        ),
        (Answer("trouble"), Web(http="ours"), finding()),
        (
            RIGHT,
            Web(https=Unreachable("no DNS", trouble=True)),
            finding(https_reason="no DNS", https_trouble=True),
        ),
    ],
)
async def test_what_is_found_has_its_reason(cname, web, expected):
    assert await HostLookup(Dns(cname), web, KEY, (OURS,)).look_up(HOST) == expected


async def test_a_cached_answer_does_not_count():
    lookup = HostLookup(Dns(NO_CNAME), Web(http="ours"), KEY, (OURS,))
    lookup._fetch.page = probe_page(KEY, nonce=lambda: "ab" * 16)
    found = await lookup.look_up(HOST)
    assert not found.works
    assert found.reason.endswith("its answers are cached: switch that off")


async def test_a_real_server_with_a_real_certificate_is_found(tmp_path):
    """The page, TLS, the client and the reading together, over sockets."""
    file = tmp_path / "server.pem"
    write_certificate(file, HOST)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    page = page_answer(probe_page(KEY))
    async with serving(page) as plain, serving(page, tls=tls) as secure:
        client = OutgoingHttp(
            Dns(NO_CNAME),
            allow_private=True,
            ca_file=str(file),
            http_port=plain.port,
            https_port=secure.port,
            seconds=60,
        )
        found = await HostLookup(Dns(NO_CNAME), client, KEY, (OURS,)).look_up(HOST)
        await client.close()
    assert found == HostFinding(works=True, https=True)
    assert {host for _, host in secure.asked} == {f"{HOST}:{secure.port}"}
    assert plain.asked == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ("email.mail.test",)),
        ("http://127.0.0.1:8026", ("email.mail.test",)),
        ("https://Email.mail.test", ("email.mail.test",)),
        ("https://go.corp.example:8443", ("go.corp.example", "email.mail.test")),
    ],
)
def test_customers_point_to_where_recipients_reach_us(url, expected):
    assert ServiceNames("mail.test").tracking_targets(url) == expected
