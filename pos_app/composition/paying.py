"""One payment in the foreground: `pos-terminal pay`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

import hw_profiles
from drivers import registry
from drivers.contracts import ScannedCode
from drivers.errors import DeviceError
from pos_app import settings as terminal_settings
from pos_app.composition.choosing import the_notice
from pos_app.composition.consoles import NOBODY, UNCERTAIN, Console, answering, attended, in_words
from pos_app.composition.running import resume
from pos_app.composition.station import Station, station
from pos_app.counter import Answer, Question
from pos_app.desk import no_tick
from pos_app.domain.notice import NoticeCode, NoticeError, read_code, read_typed
from pos_app.domain.payment import Payment
from pos_app.errors import UserError
from pos_app.settings import Settings
from pos_app.texts import texts
from pos_app.ui.words import standing

PAID, NOT_PAID, REVERSED = 0, 3, 7
_SHOWING_SECONDS = 60.0  # to hold a notice up to the camera
_VIDEO_SECONDS = 600.0

# What `pay --yes` answers.
_WILLING: Mapping[Question, Answer] = {
    **NOBODY,
    Question.CONFIRM: Answer.YES,
    Question.CHANGED_AMOUNT: Answer.NO,
    Question.REVERSAL: Answer.YES,
}


def pay(*, profile: str | None, settings_file: Path | None, lang: str | None, as_json: bool, **asked: Any) -> int:
    """One payment in the foreground; the notice is read, and refused, before anything is opened."""
    answers = _ready_answers(yes=asked.pop("yes"), accept_changed_amount=asked.pop("accept_changed_amount"))
    settings = _in_language(terminal_settings.load(settings_file), lang)
    console = attended(settings) if answers is None else answering(settings, answers)
    code = _notice(console, profile or settings.terminal.profile, Asked(**asked))
    with station(settings, profile, console) as here, in_words(here, console):
        resume(here)
        payment = here.terminal.pay(code)
        _tell_payment(here, payment, as_json=as_json)
    return exit_code(payment)


def _ready_answers(*, yes: bool, accept_changed_amount: bool) -> Mapping[Question, Answer] | None:
    if not yes:
        return None
    return {**_WILLING, Question.CHANGED_AMOUNT: Answer.YES} if accept_changed_amount else _WILLING


@dataclass(frozen=True)
class Asked:
    """How the notice to pay was named: one way of these."""

    images: tuple[Path, ...]
    video: Path | None
    camera: bool
    code: str | None
    notice: str | None
    creditor: str | None
    amount: str | None

    def __post_init__(self) -> None:
        """Raise UsageError when it was named in no way, or in several."""
        typed = any(value is not None for value in (self.notice, self.creditor, self.amount))
        if sum((bool(self.images), self.video is not None, self.camera, self.code is not None, typed)) != 1:
            raise click.UsageError(
                "Name the notice one way: --image, --video, --camera, --code, or --notice with --creditor and --amount."
            )


def _notice(console: Console, profile: str, asked: Asked) -> NoticeCode:
    try:
        if asked.code is not None:
            return read_code(asked.code)
        if asked.images or asked.video is not None or asked.camera:
            codes = _pictured(asked.images) if asked.images else _held_up(profile, asked.video, console)
            return the_notice(codes, console.inbox, console.screen.tell)
        if asked.notice is None or asked.creditor is None or asked.amount is None:
            raise click.UsageError("--notice, --creditor and --amount go together.")
        return read_typed(asked.notice, asked.creditor, asked.amount)
    except (NoticeError, DeviceError) as error:
        raise UserError(str(error), NOT_PAID) from error


def _pictured(images: tuple[Path, ...]) -> Sequence[ScannedCode]:
    from drivers.scanner.images import ImagesOptions, ImagesScanner  # noqa: PLC0415 - a decoder only where one is read

    scanner = ImagesScanner(ImagesOptions(files=tuple(map(str, images))))
    codes = [code for _ in images for code in scanner.scan(timeout=0.0, tick=no_tick)]
    if not codes:
        raise NoticeError("Nessun codice nell'immagine: inquadrare il QR dell'avviso, o digitare i numeri.")
    return codes


def _held_up(profile: str, video: Path | None, console: Console) -> Sequence[ScannedCode]:
    """What is held up to the profile's own scanner, or in a video. Raises DeviceError, NoticeError, ProfileError."""
    from pos_app.composition import scanners  # noqa: PLC0415 - a scanner only where one is used

    device = scanners.video(video) if video is not None else hw_profiles.load(profile, registry.options()).scanner
    if video is None:
        console.screen.tell("Mostrare l'avviso allo scanner.")
    with scanners.opened(device) as here:
        codes = here.scanner.scan(timeout=_VIDEO_SECONDS if video else _SHOWING_SECONDS, tick=no_tick)
    if not codes:
        where = "nel video" if video else "davanti allo scanner"
        raise NoticeError(f"Nessun codice {where}: inquadrare il QR dell'avviso, o digitare i numeri.")
    return codes


def _tell_payment(here: Station, payment: Payment, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_report(here, payment), ensure_ascii=False))
        return
    if exit_code(payment) == UNCERTAIN:
        click.echo(f"{standing(payment, texts(payment.language))} {_WHAT_NEXT}", err=True)
    for paper in _papers(here, payment):
        click.echo(paper.read_text(encoding="utf-8"))
        click.echo(f"picture: {paper.with_suffix('.png')}", err=True)
    click.echo(f"journal: {here.settings.terminal.state_dir}/journal", err=True)


def _report(here: Station, payment: Payment) -> dict[str, Any]:
    records = here.journal.records_of(payment.id)
    return {
        "id": payment.id,
        "operation": payment.operation,
        "state": payment.state.label,
        "events": [type(record.event).__name__ for record in records],
        "verdict": _VERDICTS[exit_code(payment)],
        "amount": payment.amount,
        "fee": payment.fee,
        "total": payment.total,
        "token": payment.token or None,
        "notice_number": payment.notice.number.digits if payment.notice else None,
        "creditor": payment.notice.creditor.digits if payment.notice else None,
        "outcome": payment.pending_outcome.verdict if payment.pending_outcome else None,
        "reason": payment.reason or None,
        "message": standing(payment, texts(payment.language)),
        "receipts": [str(paper.with_suffix(".png")) for paper in _papers(here, payment)],
        "trial": here.reality.is_trial(),
    }


def _papers(here: Station, payment: Payment) -> list[Path]:
    """The papers of this payment in the printer double's tray, if it has one."""
    texts_there = sorted(here.papers.glob("*.txt")) if here.papers.is_dir() else []
    return [path for path in texts_there if payment.operation in path.read_text(encoding="utf-8")]


_WHAT_NEXT = "Riprende: `pos-terminal recover`; serve una persona: `pos-terminal cases list`."
_VERDICTS = {PAID: "paid", NOT_PAID: "not_paid", UNCERTAIN: "uncertain", REVERSED: "reversed"}


def exit_code(payment: Payment) -> int:
    """How a payment stands, as `pay` says it to other programs (interfaces.md)."""
    if payment.reversed and not payment.needs_person:
        return REVERSED
    if payment.is_open or payment.needs_person:
        return UNCERTAIN
    return PAID if payment.was_charged else NOT_PAID


def _in_language(settings: Settings, lang: str | None) -> Settings:
    if lang is None:
        return settings
    return replace(settings, terminal=settings.terminal.model_copy(update={"language": lang}))
