"""What the tracking host answers: a table of paths. Each open and click is in the journal first.

Takes a request and calls back with its answer, at once where nothing is to be kept. Looks at
nothing but the token and the keys this node knows, so it works while the store is down.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7_after
from pillarbox.model.page import Page, PageRequest
from pillarbox.model.tracking import TrackingToken
from pillarbox.proto.links.tracking_token import LINK_PATH, PIXEL_PATH, read_token
from pillarbox.track import answers
from pillarbox.track.answers import Answer
from pillarbox.track.client_ip import TrustedProxies
from pillarbox.track.receipt import USER_AGENT_CHARACTERS, Receipt, encode_receipt
from pillarbox.track.request import Request

PAGE_SECONDS = 15.0
#: Pages that are being made at once; more are told to come again.
MAX_PAGES = 64
_TOKEN_PATHS = (PIXEL_PATH, LINK_PATH)
_READING = frozenset({"GET", "HEAD"})
_FIXED = {"/": answers.HOME, "/robots.txt": answers.ROBOTS, "/favicon.ico": answers.ICON}
_log = logging.getLogger(__name__)

Reply = Callable[[Answer], None]
#: Keeps a payload, then calls back.
Keep = Callable[[bytes, Callable[[], None]], None]


class Site:
    """The tracking host of one worker. `pages`: whose page serves which paths; more may come."""

    def __init__(
        self, find_key: Callable[[int], bytes | None], keep: Keep, proxies: TrustedProxies
    ) -> None:
        self._find_key = find_key
        self._keep = keep
        self._proxies = proxies
        self._pages: dict[str, Page] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def add_pages(self, pages: Mapping[str, Page]) -> None:
        """Serve the paths below each prefix from now on."""
        self._pages.update(pages)

    def respond(self, request: Request, reply: Reply) -> None:
        """Answer a request through `reply`, which is called once, now or later."""
        path = request.path
        if path.startswith(_TOKEN_PATHS):
            self._respond_to_token(request, reply)
        elif path in _FIXED:
            reply(_FIXED[path] if request.method in _READING else answers.METHOD_NOT_ALLOWED)
        elif (page := self._page_of(path)) is not None:
            self._make_page(page, request, reply)
        elif request.method in _READING:
            reply(answers.NOT_FOUND)
        else:
            reply(answers.METHOD_NOT_ALLOWED)

    def _respond_to_token(self, request: Request, reply: Reply) -> None:
        if request.method not in _READING:
            reply(answers.METHOD_NOT_ALLOWED)
            return
        token = self._token_of(request)
        answer = None if token is None else _answer_to(token, request.path)
        if token is None or answer is None:
            reply(answers.NOT_FOUND)
            return
        self._keep(encode_receipt(self._receipt(token, request)), partial(reply, answer))

    def _token_of(self, request: Request) -> TrackingToken | None:
        """Read the token, for the host that was asked."""
        text = request.path[len(PIXEL_PATH) :]
        return read_token(text, self._host_of(request).removesuffix("."), self._find_key)

    def _host_of(self, request: Request) -> str:
        """Give the host that was asked; a trusted proxy may say so in place of the Host header."""
        if request.forwarded_host and self._proxies.trusts(request.peer_ip):
            return request.forwarded_host.strip().lower()
        return request.host

    def _receipt(self, token: TrackingToken, request: Request) -> Receipt:
        return Receipt(
            id=uuid7_after(token.message_id, now_ms()),
            message_id=token.message_id,
            position=token.position,
            link=token.link,
            target=token.target,
            tagged=token.tagged,
            ip=self._proxies.client_ip(request.peer_ip, request.forwarded_for),
            user_agent=request.user_agent[:USER_AGENT_CHARACTERS],
            head=request.method == "HEAD",
            prefetch=request.prefetch,
        )

    def _page_of(self, path: str) -> Page | None:
        return next((page for start, page in self._pages.items() if path.startswith(start)), None)

    def _make_page(self, page: Page, request: Request, reply: Reply) -> None:
        if request.method not in {*_READING, "POST"}:
            reply(answers.METHOD_NOT_ALLOWED)
            return
        if len(self._under_way) >= MAX_PAGES:
            reply(answers.BUSY)
            return
        asked = PageRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            body=request.body,
            host=self._host_of(request),
            client_ip=self._proxies.client_ip(request.peer_ip, request.forwarded_for),
        )
        task = asyncio.create_task(_page(page, asked, reply))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _answer_to(token: TrackingToken, path: str) -> Answer | None:
    """Give the answer; None where a pixel's token is used for a link, or the other way round."""
    if path.startswith(PIXEL_PATH):
        return answers.OPENED if token.link is None else None
    if token.link is None or token.target is None:
        return None
    return answers.clicked(token.target)


async def _page(page: Page, request: PageRequest, reply: Reply) -> None:
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            answer = answers.page_answer(await page(request))
    except TimeoutError:
        answer = answers.BUSY
    except Exception:  # noqa: BLE001 - the page's loop: recorded, and said
        _log.exception("a page failed")
        answer = answers.FAILED
    reply(answer)
