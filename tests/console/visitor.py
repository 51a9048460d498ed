"""A browser without a screen: cookies, forms, redirects, over ASGI in this process."""

import asyncio
import html.parser
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import unquote, urlencode, urlsplit


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: dict[str, str] = field(default_factory=dict)


class Visitor:
    """One browser; `open` looks, `post` sends a form with the CSRF token of the page before."""

    def __init__(self, app, host="localhost"):
        self._app = app
        self._host = host
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.path = ""
        #: A text with which it stops loading a page that is still being written.
        self.leaves_at = ""

    async def open(self, path, *, follow=True, **headers):
        """GET a page."""
        return await self._request("GET", path, b"", headers, follow)

    async def look(self, path):
        """GET a page without reading what forms are on it."""
        return await self._once("GET", path, b"", {})

    async def post(self, path, fields=None, *, follow=True, csrf=None, **headers):
        """POST a form, as a page of ours would."""
        fields = [*(fields or {}).items(), ("csrf", self.csrf if csrf is None else csrf)]
        headers = {"origin": f"http://{self._host}"} | headers
        headers["content_type"] = "application/x-www-form-urlencoded"
        return await self._request("POST", path, urlencode(fields).encode(), headers, follow)

    async def _request(self, method, path, body, headers, follow):
        answer = await self._once(method, path, body, headers)
        while follow and answer.status == 303:
            path = answer.headers["location"]
            answer = await self._once("GET", path, b"", {})
        self.path = path
        self.csrf = _csrf(answer.text) or self.csrf
        return answer

    async def _once(self, method, path, body, headers):
        url = urlsplit(path)
        named = {"host": self._host} | {k.replace("_", "-"): v for k, v in headers.items()}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(url.path),
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [
                (k.encode(), v.encode("latin-1")) for k, v in named.items() if v is not None
            ],
            "client": ("192.0.2.7", 4711),
            "server": (self._host, 80),
        }
        sent = []

        bodies = [{"type": "http.request", "body": body, "more_body": False}]

        gone = asyncio.Event()

        async def receive():
            if bodies:
                return bodies.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if self.leaves_at and self.leaves_at.encode() in message.get("body", b""):
                gone.set()
                await asyncio.Event().wait()  # it takes no more

        await self._app(scope, receive, send)
        start = sent[0]
        pairs = [(k.decode().lower(), v.decode("latin-1")) for k, v in start["headers"]]
        cookies = self._keep_cookies(v for k, v in pairs if k == "set-cookie")
        text = b"".join(one.get("body", b"") for one in sent[1:]).decode(errors="replace")
        return Answer(start["status"], dict(pairs), text, cookies)

    def _keep_cookies(self, lines):
        raw = {}
        for line in lines:
            for name, one in SimpleCookie(line).items():
                raw[name] = line
                if one["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = one.value
        return raw


def _csrf(text):
    reader = _Csrf()
    reader.feed(text)
    return reader.found


class _Csrf(html.parser.HTMLParser):
    found = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("name") == "csrf":
            self.found = given["value"]
