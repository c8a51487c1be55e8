"""Answers kept under idempotency keys (pagopa.md 5).

A key counts per PSP and per primitive. The same body gets the first answer again, another body is refused, and a key
whose time is over is as good as new.
"""

from datetime import timedelta

from lxml import etree

from pos_app.psp.wire import Operation
from pos_app.sandbox.faultcodes import refused
from pos_app.sandbox.node_world import NodeWorld
from pos_app.sandbox.records import KeptAnswer
from pos_app.sandbox.xmltree import fingerprint, need, text


def cache_key(operation: Operation, request: etree._Element) -> str | None:
    """The scope of the request's key, None when it has none."""
    key = text(request, "idempotencyKey")
    return None if key is None else f"{operation.name}/{need(request, 'idPSP')}/{key}"


def replay(world: NodeWorld, key: str | None, request: etree._Element) -> etree._Element | None:
    """The first answer to this very request; None if it is new. Raises Refused for another body under the key."""
    kept = None if key is None else world.store.answers.get(key)
    if kept is None or kept.valid_to <= world.clock.now():
        return None
    if kept.fingerprint != fingerprint(request):
        raise refused("PPT_ERRORE_IDEMPOTENZA", "Richiesta diversa con la stessa idempotencyKey", kept=False)
    return etree.fromstring(kept.answer)


def keep(world: NodeWorld, key: str | None, request: etree._Element, answer: etree._Element, *, seconds: float) -> None:
    """Keep `answer` under `key` for `seconds`; an answer still valid under it stays what it was."""
    if key is None:
        return
    now = world.clock.now()
    present = world.store.answers.get(key)
    if present is not None and present.valid_to > now:
        return
    world.store.answers.drop(key)
    kept = KeptAnswer(
        key, fingerprint(request), etree.tostring(answer, encoding="unicode"), now + timedelta(seconds=seconds)
    )
    world.store.answers.put(key, kept)
    _sweep(world)


def _sweep(world: NodeWorld) -> None:
    """Forget a few answers whose time is over, so that the table stays as long as its validity.

    Where the oldest are in the file they are looked at seldom, and then many at once.
    """
    answers = world.store.answers
    if answers.has_cold and len(answers) % 32:
        return
    now = world.clock.now()
    for kept in answers.oldest(64 if answers.has_cold else 4):
        if kept.valid_to <= now:
            world.store.answers.drop(kept.key)
