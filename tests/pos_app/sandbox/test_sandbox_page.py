"""The sandbox's page at `/`: what it shows, what it arms, whom it refuses."""

import importlib
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlencode

import pytest

from pos_app.sandbox.faults import Kind
from pos_app.sandbox.markup import tag, written
from pos_app.sandbox.page_faults import forms, read_form
from pos_app.sandbox.page_parts import indented

if TYPE_CHECKING:
    from tests.pos_app.sandbox.conftest import Http, Reply

NOTICE = "301000000000012373"
html: Any = importlib.import_module("lxml.html")  # its types say less than it does


def get(http_sandbox: "Http", path: str = "/") -> Any:
    reply = http_sandbox.request("GET", path)
    assert reply.status == 200
    return html.fromstring(reply.body.decode())


def part(page: Any, title: str) -> Any:
    """The section under that heading."""
    return next(each for each in page.iter("section") if each.findtext("h2") == title)


def words(page: Any, title: str) -> list[str]:
    return [each.text or "" for each in part(page, title).iter("span")]


def send(http_sandbox: "Http", fields: dict[str, str], path: str = "/page/faults", **headers: str) -> "Reply":
    usual = {"Content-Type": "application/x-www-form-urlencoded"}
    return http_sandbox.request("POST", path, urlencode(fields).encode(), {**usual, **headers})


def test_a_payment_is_seen_from_its_session_to_its_receipt(http_sandbox: "Http") -> None:
    token = http_sandbox.till.activate().token
    page = get(http_sandbox)
    assert words(page, "Sessioni di pagamento") == ["PAYING"]
    http_sandbox.till.outcome(token)
    http_sandbox.notice()
    page = get(http_sandbox)
    paid = ["PAYING", "PAID", "NOTICE_GENERATED", "NOTICE_SENT", "NOTIFIED"]
    assert words(page, "Sessioni di pagamento") == paid
    assert words(page, "Ricevute") == ["consegnata"]
    operations = [row.findtext("td[4]") for row in part(page, "Ultime chiamate").iterfind("table/tbody/tr")]
    assert operations[0] == "paSendRTV2"
    assert operations[-1] == "activatePaymentNoticeV2"
    first = part(page, "Posizioni debitorie").find("table/tbody/tr")
    assert first.findtext("td[2]") == NOTICE
    assert [each.text for each in first.iter("span")][:2] == ["pagata", "NOTIFIED"]


def test_the_changing_part_alone_is_what_the_page_asks_for_again(http_sandbox: "Http") -> None:
    http_sandbox.till.activate()
    live = http_sandbox.request("GET", "/page/live").body.decode()
    assert "PAYING" in live
    assert "<form" not in live
    page = get(http_sandbox)
    assert page.get_element_by_id("live").get("data-source") == "/page/live"


def test_both_messages_of_a_call_can_be_read(http_sandbox: "Http") -> None:
    http_sandbox.till.verify()
    link = part(get(http_sandbox), "Ultime chiamate").find(".//a")
    messages = [each.text for each in get(http_sandbox, link.get("href")).iter("pre")]
    assert "<noticeNumber>" in messages[0]
    assert "  <outcome>OK</outcome>" in messages[1]


def test_a_receipt_can_be_read_as_it_was_sent(http_sandbox: "Http") -> None:
    token = http_sandbox.till.activate().token
    http_sandbox.till.outcome(token)
    http_sandbox.notice()
    link = part(get(http_sandbox), "Ricevute").find(".//a")
    shown = next(get(http_sandbox, link.get("href")).iter("pre")).text
    assert f"<receiptId>{token}</receiptId>" in shown


@pytest.mark.parametrize("path", ["/page/calls/99999", "/page/receipts/x/y", "/page/nothing"])
def test_what_is_not_there_is_answered_404(http_sandbox: "Http", path: str) -> None:
    assert http_sandbox.request("GET", path).status == 404


def test_nothing_comes_from_elsewhere(http_sandbox: "Http") -> None:
    reply = http_sandbox.request("GET", "/")
    assert reply.headers["content-security-policy"].startswith("default-src 'self'")
    assert reply.headers["x-pos-sandbox"] == "1"
    page = html.fromstring(reply.body.decode())
    links = [each for name in ("src", "href", "action") for each in page.xpath(f"//@{name}")]
    assert links
    assert all(each.startswith("/") and not each.startswith("//") for each in links)
    assert not page.xpath("//script[not(@src)] | //@style | //style")
    for each in page.xpath("//script/@src | //link/@href"):
        assert http_sandbox.request("GET", each).status == 200


def test_a_fault_is_armed_from_the_page_and_removed(http_sandbox: "Http") -> None:
    fields = {"target": "psp verifyPaymentNotice", "kind": "http_500", "when": "", "times": "2", "delay": "0"}
    reply = send(http_sandbox, fields)
    assert (reply.status, reply.headers["location"]) == (303, "/")
    assert words(get(http_sandbox), "Guasti armati") == ["HTTP 500"]
    assert http_sandbox.soap("/psp", "verifyPaymentNotice", b"").status in (200, 500)
    assert send(http_sandbox, {}, "/page/faults/clear").status == 303
    assert words(get(http_sandbox), "Guasti armati") == []


def test_a_mistake_in_the_form_is_named_and_arms_nothing(http_sandbox: "Http") -> None:
    reply = send(http_sandbox, {"target": "psp verifyPaymentNotice", "kind": "ko", "times": "molte"})
    assert reply.status == 400
    assert "times must be a whole number" in reply.body.decode()
    assert words(get(http_sandbox), "Guasti armati") == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_sites_form_is_refused(http_sandbox: "Http", headers: dict[str, str]) -> None:
    fields = {"target": "psp verifyPaymentNotice", "kind": "http_500"}
    assert send(http_sandbox, fields, **headers).status == 403
    assert words(get(http_sandbox), "Guasti armati") == []


def test_the_form_offers_every_kind_but_the_raw_answer() -> None:
    offered = set(html.fromstring(written(forms())).xpath("//select[@name='kind']/option/@value"))
    assert offered == set(get_args(Kind)) - {"raw"}


def test_a_form_is_read_as_the_control_api_has_it() -> None:
    sent = "target=ec+paaAttivaRPT&kind=drip&when=&times=3&skip=0&delay=0%2C2&notice_number=&terminal=T0000001"
    assert read_form(sent.encode()) == {
        "at": "ec",
        "operation": "paaAttivaRPT",
        "kind": "drip",
        "times": 3,
        "skip": 0,
        "delay": 0.2,
        "terminal": "T0000001",
    }


def test_what_a_caller_sent_is_shown_and_never_run(http_sandbox: "Http") -> None:
    evil = b"<script>alert(1)</script>\x00\xff"
    http_sandbox.soap("/node/psp", "verifyPaymentNotice", evil)
    link = part(get(http_sandbox), "Ultime chiamate").find(".//a").get("href")
    body = http_sandbox.request("GET", link).body.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert(1)" in body


def test_markup_escapes_text_and_attributes() -> None:
    element = tag("p", "a<b & ", tag("b", "c"), "d>", title="'x\"<")
    assert written(element) == '<p title="\'x&quot;&lt;">a&lt;b &amp; <b>c</b>d&gt;</p>'


def test_what_is_no_xml_is_shown_as_it_came() -> None:
    assert indented("non è XML") == "non è XML"
