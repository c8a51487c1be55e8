"""The sandbox's page in Chromium: a payment goes by while somebody watches."""

import base64
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from pos_app.psp import wire
from pos_app.sandbox.server import RunningSandbox
from pos_app.sandbox.soap import NODE
from pos_app.sandbox.xmltree import Item

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
PAUSE = threading.Event()  # nobody sets it: a wait that ends by itself
HEAD: list[Item] = [
    ("idPSP", "70000000001"),
    ("idBrokerPSP", "70000000001"),
    ("idChannel", "70000000001_01"),
    ("password", "pwdpwdpwd"),
]
NOTICE: Item = ("qrCode", [("fiscalCode", "77777777777"), ("noticeNumber", "301000000000012373")])

pytestmark = [
    pytest.mark.slow(reason="starts a browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


class Browser:
    """Chromium over its debugging pipe (descriptors 3 and 4, JSON ended by a zero byte)."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        command = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        arguments = [*FLAGS, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", command, CHROMIUM or "", *arguments],
            pass_fds=(to_browser, from_browser),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._rest = b""
        self._count = 0

    def open(self, url: str) -> str:
        """Open a page; its session."""
        target = self.send("Target.createTarget", {"url": url})["targetId"]
        session: str = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return session

    def value(self, session: str, expression: str) -> Any:
        """What an expression gives in the page; a promise is waited for."""
        order = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self.send("Runtime.evaluate", order, session).get("result", {}).get("value")

    def picture(self, session: str) -> Image.Image:
        """What the page looks like."""
        data = self.send("Page.captureScreenshot", {"format": "png"}, session)["data"]
        return Image.open(BytesIO(base64.b64decode(data)))

    def send(self, method: str, params: dict[str, Any], session: str | None = None) -> Any:
        self._count += 1
        order = {"id": self._count, "method": method, "params": params}
        os.write(
            self._write, json.dumps(order if session is None else {**order, "sessionId": session}).encode() + b"\0"
        )
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                return answer.get("result", {})  # none while the page is changing places

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(10)

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            data = os.read(self._read, 65536)
            assert data, "the browser is gone"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    started = Browser(tmp_path / "profile")
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox() as server:
        yield server


def ask_node(running: RunningSandbox, name: str, items: list[Item]) -> Any:
    """One call to the Node, as a PSP makes it."""
    body = wire.envelope(NODE.request(NODE.operations[name], [*HEAD, *items]))
    headers = {"Content-Type": "text/xml", "SOAPAction": name}
    with urlopen(Request(f"{running.url}/node/psp", body, headers), timeout=10) as answer:
        return wire.open_envelope(answer.read())


def shows(browser: Browser, session: str, word: str) -> bool:
    """Wait until the page shows a word, ten seconds at most."""
    expression = f"document.getElementById('live')?.innerText.includes({json.dumps(word)})"
    return any(browser.value(session, expression) or PAUSE.wait(0.05) for _ in range(200))


def test_a_payment_goes_by_on_the_page_without_a_reload(browser: Browser, running: RunningSandbox) -> None:
    session = browser.open(f"{running.url}/")
    assert shows(browser, session, "Nessuna sessione")
    browser.value(session, "window.mark = 'the same document'")
    activated = ask_node(running, "activatePaymentNoticeV2", [NOTICE, ("amount", "125.50")])
    assert shows(browser, session, "PAYING")
    token = activated.findtext("paymentToken")
    ask_node(running, "sendPaymentOutcomeV2", [("paymentTokens", [("paymentToken", token)]), ("outcome", "OK")])
    assert shows(browser, session, "NOTIFIED")
    assert browser.value(session, "window.mark") == "the same document"
    picture = browser.picture(session)
    assert picture.size[0] >= 1200
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 50


def test_the_page_breaks_no_rule_of_its_own_content_policy(browser: Browser, running: RunningSandbox) -> None:
    session = browser.open(f"{running.url}/")
    assert shows(browser, session, "Nessuna sessione")
    watched = (
        "new Promise(done => { const seen = [];"
        " addEventListener('securitypolicyviolation', event => seen.push(event.blockedURI));"
        " setTimeout(() => done(seen), 1000); })"
    )
    assert browser.value(session, watched) == []
    assert (
        browser.value(session, "getComputedStyle(document.querySelector('header')).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )


def test_a_fault_is_armed_by_hand(browser: Browser, running: RunningSandbox) -> None:
    session = browser.open(f"{running.url}/")
    assert shows(browser, session, "Nessun guasto")
    browser.value(session, "document.querySelector('select[name=kind]').value = 'http_500'")
    browser.value(session, "document.querySelector('form button').click()")
    assert shows(browser, session, "HTTP 500")
    assert [armed.order.kind for armed in running.sandbox.faults.armed] == ["http_500"]
