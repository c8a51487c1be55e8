"""Scanners as the terminal wires them, and `pay` from a video."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import hw_profiles
from drivers import registry
from drivers.contracts import ScannedCode, Symbology
from drivers.scanner.simulator.sheet import qr_modules
from hw_profiles import Device
from pos_app.composition import scanners
from pos_app.composition.choosing import the_notice
from pos_app.domain.notice import NoticeError, read_code
from pos_app.sandbox.server import RunningSandbox
from pos_app.testing.command import CODE, Command, Control
from pos_app.texts import texts
from pos_app.ui.console import ConsoleScreen
from pos_app.ui.keyboard import Keyboard

OTHER = "PAGOPA|002|301000000000012474|77777777777|8900"
SLIP = "codfase=NBPA;18301000000000012373120000123456781000000125503896" + "1P1" + "77777777777"


@pytest.fixture
def command(tmp_path: Path, sandbox: RunningSandbox) -> Command:
    return Command(tmp_path / "state", {"POS_TERMINAL__PSP__URL": f"{sandbox.url}/psp"})


@pytest.fixture
def video(tmp_path: Path) -> Callable[..., Path]:
    """`video(code, …)`: a second in which these codes lie side by side before the camera."""

    def make(*codes: str) -> Path:
        frame = np.full((720, 1280), 200, np.uint8)
        for place, code in enumerate(codes):
            symbol = np.where(np.kron(np.pad(qr_modules(code.encode()), 4), np.ones((4, 4))) > 0, 0, 255)
            side = symbol.shape[0]
            frame[280 : 280 + side, 560 + 300 * place : 560 + 300 * place + side] = symbol
        path = tmp_path / "clip.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (1280, 720))
        for _ in range(30):
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        return path

    return make


def scanned(*texts: str) -> list[ScannedCode]:
    return [ScannedCode(text, Symbology.QR_CODE) for text in texts]


@pytest.mark.slow(reason="starts the process that sees, and a whole terminal")
def test_a_notice_in_a_video_is_paid(command: Command, control: Control, video: Callable[..., Path]) -> None:
    done = command("pay", "--profile", "simulator", "--video", video(CODE), "--yes")
    assert done.returncode == 0, done.stderr
    assert control("GET", "/control/notices/77777777777/301000000000012373")["position"] == "NOTIFIED"


@pytest.mark.slow(reason="starts the process that sees, twice")
def test_a_video_without_one_notice_is_one_sentence(command: Command, video: Callable[..., Path]) -> None:
    for codes, sentence in (((), "Nessun codice nel video"), ((CODE, OTHER), "2 avvisi diversi (…2373, …2474)")):
        done = command("pay", "--profile", "simulator", "--video", video(*codes), "--yes")
        assert (done.returncode, sentence in done.stderr) == (3, True)


def test_a_camera_that_is_missing_is_one_sentence_that_names_the_other_way(command: Command) -> None:
    done = command("pay", "--profile", "counter-x86-ingenico", "--camera", "--yes")
    assert done.returncode == 3
    assert "/dev/pos/camera non è collegata" in done.stderr
    assert "digitare i numeri" in done.stderr


def test_a_notice_is_named_one_way_only(command: Command) -> None:
    assert command("pay", "--camera", "--code", CODE).returncode == 2


# --- which of several --------------------------------------------------------------------------


class Shown:
    """What was told to the person at the keyboard."""

    def __init__(self, typed: str) -> None:
        ours, theirs = os.pipe()
        os.write(theirs, typed.encode())
        os.close(theirs)
        self.lines: list[str] = []
        self.keyboard = Keyboard(ConsoleScreen(io.StringIO(), texts("it")), ours)


def test_of_several_notices_the_person_chooses_by_amount_and_last_digits() -> None:
    shown = Shown("7\n2\n")
    assert the_notice(scanned(CODE, OTHER), shown.keyboard, shown.lines.append) == read_code(OTHER)
    assert [line.split() for line in shown.lines[1:3]] == [
        ["1", "EUR", "125,50", "avviso", "…2373"],
        ["2", "EUR", "89,00", "avviso", "…2474"],
    ]
    assert shown.lines[3:] == ["  ? Quale si paga? Da 1 a 2, poi Invio."] * 2


def test_of_several_notices_none_is_chosen_when_nobody_answers() -> None:
    shown = Shown("")
    with pytest.raises(NoticeError, match="2 avvisi diversi"):
        the_notice(scanned(CODE, OTHER), shown.keyboard, shown.lines.append)


def test_the_two_codes_of_one_notice_and_a_strangers_beside_it_leave_no_choice() -> None:
    shown = Shown("")
    assert the_notice(scanned("WIFI:T:WPA;;", CODE, SLIP), shown.keyboard, shown.lines.append) == read_code(CODE)
    assert shown.lines == []


# --- opening -----------------------------------------------------------------------------------


@pytest.fixture
def images(tmp_path: Path) -> Iterator[scanners.Scanning]:
    shipped = hw_profiles.load("simulator", registry.options())
    with scanners.opened(shipped.scanner) as here:
        yield here


def test_a_scanner_without_a_picture_has_an_empty_preview(images: scanners.Scanning) -> None:
    assert images.preview.latest() is None
    assert list(images.scanner.scan(timeout=0, tick=lambda: None)) == []


@pytest.mark.parametrize("name", ["serial", "keyboard"])
def test_hand_scanners_are_opened_from_their_options_alone(name: str, tmp_path: Path) -> None:
    options = registry.options()["scanner"][name]
    with scanners.opened(Device(name, options())) as here:
        assert here.preview.latest() is None


def test_the_notice_being_paid_is_known_by_each_of_its_codes() -> None:
    current = [read_code(CODE)]
    ignored = scanners.of_the_notice(lambda: current[0] if current else None)
    codes = scanned(CODE, SLIP, OTHER, "WIFI:T:WPA;;")
    assert [ignored(code) for code in codes] == [True, True, False, False]
    current.clear()
    assert not ignored(codes[0])
