"""What a recipient's browser does with a tracked mail: it loads pictures and follows links."""

import http.client
from urllib.parse import urlsplit

from pillarbox.cli.demo.failure import StepFailed, require

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def load_pixel(url: str) -> str:
    """Load the pixel; say what came."""
    status, headers, body = _get(url)
    kind = headers.get("Content-Type", "")
    require(status == 200 and kind == "image/gif", f"the pixel answered {status} {kind}")
    require(body.startswith(b"GIF89a"), "the pixel is no GIF")
    return f"a GIF of {len(body)} bytes, {headers.get('Cache-Control')}"


def follow(url: str) -> str | None:
    """Give where a link leads, None when it leads nowhere (404)."""
    status, headers, _ = _get(url)
    if status == 404:
        return None
    if status != 302:
        raise StepFailed(f"the link answered {status}")
    return headers.get("Location")


def _get(url: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", parts.path, headers={"User-Agent": USER_AGENT})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
