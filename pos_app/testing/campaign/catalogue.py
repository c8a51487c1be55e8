"""The fault catalogue of reliability.md 3: one injector each, named by its number; and those that live elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pos_app.testing.campaign import (
    clock_faults,
    disk_faults,
    notice_faults,
    people_faults,
    printer_faults,
    process_faults,
    psp_faults,
    reader_faults,
)
from pos_app.testing.campaign.fault import Fault
from pos_app.testing.campaign.world import World

FAULTS: Mapping[str, Fault] = {
    **notice_faults.FAULTS,
    **psp_faults.FAULTS,
    **reader_faults.FAULTS,
    **printer_faults.FAULTS,
    **disk_faults.FAULTS,
    **clock_faults.FAULTS,
    **process_faults.FAULTS,
    **people_faults.FAULTS,
}


@dataclass(frozen=True)
class Elsewhere:
    """Why it cannot be done to a terminal inside one process, and the tests that do it."""

    why: str
    tests: tuple[str, ...]


ELSEWHERE: Mapping[str, Elsewhere] = {
    "Q5": Elsewhere(
        "several codes in one picture are chosen from before a payment begins",
        (
            "tests/pos_app/composition/test_scanners.py::test_of_several_notices_the_person_chooses_by_amount_and_last_digits",
            "tests/pos_app/composition/test_run.py::test_of_several_notices_held_up_the_cashier_chooses",
        ),
    ),
    "Q10": Elsewhere(
        "pictures are decoded in a process of their own",
        (
            "tests/drivers/scanner/test_reading_processes.py::test_a_crash_of_the_decoder_is_told_and_the_next_picture_is_read",
            "tests/drivers/scanner/test_reading_processes.py::test_a_decoder_that_hangs_is_ended",
        ),
    ),
    "Q11": Elsewhere(
        "the camera is a driver beside the loop",
        (
            "tests/drivers/scanner/test_cameras.py::test_whatever_becomes_of_a_camera_is_told_within_two_seconds_and_mends_itself",
            "tests/drivers/scanner/test_camera_health.py::test_a_lid_on_the_lens_is_told_after_a_second",
            "tests/pos_app/composition/test_run.py::test_a_scanner_that_is_missing_is_told_once_and_typing_goes_on",
        ),
    ),
    "P26": Elsewhere(
        "TLS is the transport's",
        (
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p26_a_server_of_another_authority_never_gets_the_request",
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p26_a_private_authority_is_not_trusted_unasked",
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p26_a_server_of_another_name_never_gets_the_request",
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p26_a_server_whose_certificate_is_not_of_today_never_gets_the_request",
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p26_a_server_that_speaks_tls_1_1_only_never_gets_the_request",
        ),
    ),
    "P27": Elsewhere(
        "client certificates are the transport's",
        (
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p27_a_certificate_that_the_server_refuses_means_unanswered",
            "tests/pos_app/psp/test_psp_transport_tls.py::test_p27_a_certificate_that_cannot_be_read_sends_nothing",
        ),
    ),
    "P29": Elsewhere(
        "proxies are the transport's",
        (
            "tests/pos_app/psp/test_psp_transport.py::test_p29_a_proxy_in_the_environment_is_ignored",
            "tests/pos_app/psp/test_psp_transport.py::test_p29_a_netrc_file_is_ignored",
        ),
    ),
    "S23": Elsewhere("an exclusive lock needs a real port", ("tests/drivers/test_link.py::test_a_port_is_ours_alone",)),
    "T8": Elsewhere(
        "status bytes are read below the contract",
        ("tests/drivers/printer/test_status.py::test_noise_is_counted_or_understood_and_never_raises",),
    ),
    "K7": Elsewhere(
        "an older copy of journal and head looks right to both; the reader's newer result tells at a terminal's start",
        (
            "tests/pos_app/composition/test_old_copy.py::test_no_money_moves_on_an_older_copy_and_a_person_is_told_what_to_do",
        ),
    ),
    "X2": Elsewhere(
        "system calls need a process of its own",
        (
            "tests/simulation/test_system_calls.py::test_killed_at_any_call_everything_acknowledged_is_there_and_at_most_one_more",
            "tests/simulation/test_system_calls.py::test_after_an_io_error_nothing_more_is_written_and_nothing_acknowledged_is_lost",
        ),
    ),
    "X3": Elsewhere(
        "signals need a process of its own",
        (
            "tests/pos_app/composition/test_run.py::test_the_end_of_the_service_while_a_card_is_read_brings_the_payment_to_its_end",
            "tests/pos_app/composition/test_run.py::test_the_end_of_the_service_at_a_question_is_answered_as_nobody_would",
        ),
    ),
    "X9": Elsewhere(
        "threads exist in composition only",
        ("tests/pos_app/composition/test_workers.py::test_what_ends_a_worker_is_raised_where_the_loop_asks",),
    ),
    "O6": Elsewhere(
        "verdicts against the evidence are refused before they are records",
        (
            "tests/pos_app/test_cases.py::test_a_charge_for_another_amount_can_be_reported_or_found_refunded_never_called_not_charged",
            "tests/pos_app/test_cases.py::test_a_verdict_needs_a_name_and_a_reason",
        ),
    ),
    "O7": Elsewhere(
        "closing the reader's day is a command of its own",
        (
            "tests/pos_app/composition/test_reader_commands.py::test_a_session_is_not_closed_while_a_charge_is_undecided",
        ),
    ),
}

# What the product has no answer to yet: an injector would only say so again.
UNKNOWN: Mapping[str, str] = {
    "X7": "there is neither a service unit nor an update that it could put off",
}


def arm(world: World) -> None:
    """Put the plan's faults in place."""
    for name in world.plan.faults:
        FAULTS[name].arm(world, Random(f"{world.plan.seed} {name}"))  # noqa: S311 - repeatable, not secret


def names() -> tuple[str, ...]:
    """All faults that can be injected, in the order of the catalogue."""
    return tuple(FAULTS)
