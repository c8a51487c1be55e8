"""Building and reading the messages' elements: local elements unqualified, absent ones left out (pagopa.md 2.1)."""

from collections.abc import Iterable, Sequence

from lxml import etree

from pos_app.domain.money import from_wire
from pos_app.sandbox.records import Subject

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it
Content = str | None | Sequence["Item"]
Item = tuple[str, Content]

_SUBJECT_PARTS = (
    "streetName",
    "civicNumber",
    "postalCode",
    "city",
    "stateProvinceRegion",
    "country",
    "e-mail",
)


def build(tag: str, items: Iterable[Item], *, prefix: str) -> etree._Element:
    """The wrapper `tag` (`{namespace}name`) with its content; an item whose content is None is left out."""
    root = etree.Element(tag, nsmap={prefix: etree.QName(tag).namespace})
    _fill(root, items)
    return root


def _fill(parent: etree._Element, items: Iterable[Item]) -> None:
    for name, content in items:
        if content is None:
            continue
        child = etree.SubElement(parent, name)
        if isinstance(content, str):
            child.text = content
        else:
            _fill(child, content)


def text(parent: etree._Element, path: str) -> str | None:
    """The text at `path` (unqualified names), None where nothing is."""
    # A child is most of what is asked for, and found in half the time when no path has to be read.
    found = parent.find(path) if "/" in path or path == "." else next(parent.iterchildren(path), None)
    return None if found is None else (found.text or "")


def need(parent: etree._Element, path: str) -> str:
    """The text at `path`, which the schema has made sure of."""
    found = text(parent, path)
    assert found is not None, path
    return found


def amount(parent: etree._Element, path: str) -> int:
    """The amount at `path` in cents; the schema has made sure of it."""
    return from_wire(need(parent, path))


def read_subject(parent: etree._Element | None) -> Subject | None:
    """A ctSubject (pagopa.md 2.3)."""
    if parent is None:
        return None
    parts = ((name, text(parent, name)) for name in _SUBJECT_PARTS)
    return Subject(
        type=need(parent, "uniqueIdentifier/entityUniqueIdentifierType"),
        code=need(parent, "uniqueIdentifier/entityUniqueIdentifierValue"),
        name=need(parent, "fullName"),
        parts=tuple((name, value) for name, value in parts if value is not None),
    )


def subject(person: Subject | None) -> Content:
    """A ctSubject's content."""
    if person is None:
        return None
    return [
        (
            "uniqueIdentifier",
            [("entityUniqueIdentifierType", person.type), ("entityUniqueIdentifierValue", person.code)],
        ),
        ("fullName", person.name),
        *((part[0], part[1]) for part in person.parts),
    ]


def read_metadata(parent: etree._Element) -> tuple[tuple[str, str], ...]:
    """The entries of `metadata` as (key, value)."""
    entries = parent.findall("metadata/mapEntry")
    return tuple((need(entry, "key"), need(entry, "value")) for entry in entries)


def metadata(entries: tuple[tuple[str, ...], ...]) -> Content:
    """The content of `metadata`; None where there are no entries, which the schema forbids."""
    return [("mapEntry", [("key", entry[0]), ("value", entry[1])]) for entry in entries] or None


def to_text(element: Element) -> str:
    """An element as the store keeps it."""
    return etree.tostring(element, encoding="unicode")


def truth(*, value: bool) -> str:
    """An xsd:boolean."""
    return "true" if value else "false"


def fingerprint(element: etree._Element) -> str:
    """What two requests with the same content have in common, whatever their prefixes and white space."""
    name = etree.QName(element.tag).localname
    inner = "".join(fingerprint(child) for child in element) or (element.text or "").strip()
    return f"<{name} {len(inner)}>{inner}"
