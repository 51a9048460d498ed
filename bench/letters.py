"""The mail that benches send: HTML of a given size, as a shop's order letter has it."""

SENDER = "orders@bench.test"
PARAGRAPH = (
    '<p style="margin:0 0 12px">Dear Zoë, your order <b>4711</b> has left our house. '
    '<a href="https://shop.example/orders/4711?ref=mail&amp;step=2">See where it is</a>, or '
    "call us between nine and five. Thank you for buying from us; we hope to see you again.</p>\n"
)


def html(size: int) -> str:
    """A letter of `size` bytes."""
    start, end = "<html><body>\n", "</body></html>\n"
    room = size - len(start) - len(end)
    text = (PARAGRAPH * (room // len(PARAGRAPH) + 1)).encode()[:room].decode(errors="ignore")
    return f"{start}{text}{end}"


def newsletter(size: int, links: int) -> str:
    """A newsletter of some `size` bytes with so many links, each in a table cell with styles."""
    cells = []
    text = "We have something new for you, and it is even better than what you know. "
    for number in range(links):
        target = f"https://shop.example/orders/{number}?utm_source=mail&amp;utm_medium=news&amp;a={number}"
        cells.append(
            '<tr><td align="center" style="padding:10px 25px;word-break:break-word">'
            f'<a class="button" href="{target}" style="color:#fff" target="_blank">Größer</a>'
            f"</td></tr>\r\n<tr><td style='font-size:13px'><p>{{}}</p></td></tr>\r\n"
        )
    start, end = "<html><body><table>\r\n", "</table></body></html>\r\n"
    room = (size - len("".join(cells).encode())) // links
    filled = "".join(cells).replace("{}", (text * (room // len(text) + 1))[:room])
    return f"{start}{filled}{end}"
