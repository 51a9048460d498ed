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
