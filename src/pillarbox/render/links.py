"""What the sender said of a link: its `ses:tags`, looked up by the link's index.

Takes a message as it was accepted and the index from a token; hands on the tags as a Click event
shows them. Counts links as the tracked copies do. Linear in the message.
"""

from pillarbox.proto.mime.html import find_html_parts


def link_tags(content: bytes, index: int) -> dict[str, list[str]]:
    """Give the tags of a link, in the sender's order; none for a link that isn't there."""
    return all_link_tags(content).get(index, {})


def all_link_tags(content: bytes) -> dict[int, dict[str, list[str]]]:
    """Give the tags of all links that have any, by index: one reading for many clicks."""
    tagged: dict[int, dict[str, list[str]]] = {}
    for part in find_html_parts(content):
        for link in part.found.links:
            for name, value in link.tags:
                tagged.setdefault(link.number, {}).setdefault(name, []).append(value)
    return tagged
