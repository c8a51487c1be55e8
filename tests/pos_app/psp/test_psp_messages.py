"""zeep reads the files of this package and fetches nothing."""

from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from pos_app.psp.answers import UnusableAnswer
from pos_app.psp.messages import NodeForPspMessages, _OwnFilesOnly, node_for_psp_messages
from pos_app.psp.wire import OPERATIONS, SOAP, wsdl_path


def test_the_wsdl_is_loaded_once_a_process() -> None:
    assert node_for_psp_messages() is node_for_psp_messages()


def test_a_wsdl_that_points_elsewhere_is_not_followed(tmp_path: Path) -> None:
    text = (
        wsdl_path().read_text().replace('schemaLocation="nodeForPsp.xsd"', 'schemaLocation="http://127.0.0.1:1/x.xsd"')
    )
    path = tmp_path / "hostile.wsdl"
    path.write_text(text)
    own_files_only: Any = _OwnFilesOnly
    with pytest.raises(PermissionError, match="not loaded"):
        zeep.Client(str(path), transport=own_files_only())  # type: ignore[no-untyped-call]  # zeep types it partly


def test_what_zeep_cannot_read_is_no_answer() -> None:
    stranger = etree.fromstring(f'<e:Stranger xmlns:e="{SOAP}"/>')
    with pytest.raises(UnusableAnswer):
        NodeForPspMessages().read(OPERATIONS["sendPaymentOutcomeV2"], stranger)
