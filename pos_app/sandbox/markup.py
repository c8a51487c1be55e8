"""HTML as elements: whatever text goes in is escaped on the way out."""

from lxml import etree

from pos_app.sandbox.xmltree import Element

Child = Element | str | None


def tag(named: str, /, *children: Child, **attributes: str | None) -> Element:
    """An element; a child or attribute that is None is left out. `class_` is written `class`, `for_` `for`."""
    element = etree.Element(named)
    for key, value in attributes.items():
        if value is not None:
            element.set(key.rstrip("_").replace("_", "-"), _clean(value))
    for child in children:
        _append(element, child)
    return element


_NUMBERS = ("N.", "Euro", "HTTP", "Tentativi", "Ancora", "Salta")  # columns set to the right


def table(heads: tuple[str, ...], rows: list[Element], *, empty: str) -> Element:
    """A table, or the sentence `empty` where it would have no rows."""
    if not rows:
        return tag("p", empty, class_="dim")
    cells = (tag("th", each, class_="number" if each in _NUMBERS else None) for each in heads)
    head = tag("thead", tag("tr", *cells))
    return tag("table", head, tag("tbody", *rows))


def section(title: str, *children: Child) -> Element:
    """A part of the page."""
    return tag("section", tag("h2", title), *children)


def written(*elements: Element) -> str:
    """The elements as HTML."""
    return "".join(etree.tostring(element, method="html", encoding="unicode") for element in elements)


def page(title: str, body: Element, *, reloads: bool = False) -> str:
    """A whole document; one that `reloads` does so by itself where scripts are off."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("noscript", tag("meta", http_equiv="refresh", content="3")) if reloads else None,
        tag("link", rel="stylesheet", href="/page/sandbox.css"),
    )
    return "<!DOCTYPE html>\n" + written(tag("html", head, body, lang="it"))


def _append(element: Element, child: Child) -> None:
    if child is None:
        return
    if not isinstance(child, str):
        element.append(child)
    elif len(element):
        element[-1].tail = (element[-1].tail or "") + _clean(child)
    else:
        element.text = (element.text or "") + _clean(child)


def _clean(text: str) -> str:
    """A text without the characters that no document can carry; what a caller sent may hold any."""
    return "".join(character if _is_writable(ord(character)) else "\ufffd" for character in text)


def _is_writable(point: int) -> bool:
    return point in (0x09, 0x0A, 0x0D) or 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or point > 0xFFFF
