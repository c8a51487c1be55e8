"""Q1 to Q13: what is shown to the scanner, and what the creditor institution holds of it."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from drivers.contracts import ScannedCode, Symbology
from pos_app.sandbox.notices import Notice
from pos_app.testing.campaign.fault import Arm, Fault
from pos_app.testing.campaign.plan import NOTICES
from pos_app.testing.campaign.world import World

_GOOD = "PAGOPA|002|301000000000012373|77777777777|12550"


def shown(fault: str, *codes: str) -> Arm:
    """Somebody shows one of these first; nothing may come of it."""

    def arm(world: World, random: Random) -> None:
        world.presented.append((fault, random.choice(codes)))

    return arm


def _again_in_mid_sale(world: World, random: Random) -> None:
    def show() -> None:
        world.strikes("Q6")
        code = random.choice((_GOOD, "PAGOPA|002|301000000000012474|77777777777|990"))
        world.habits.intrusions.append(ScannedCode(code, Symbology.QR_CODE))

    world.life.at("ask", random.randint(1, 2), show)


def held(fault: str, *changes: Mapping[str, object]) -> Arm:
    """The creditor institution holds the notices otherwise than they are printed."""

    def arm(world: World, random: Random) -> None:
        change = random.choice(changes)
        for notice in NOTICES:
            world.far_side.put(notice, replace(Notice(notice.amount), **change))  # type: ignore[arg-type]
        world.once_made(lambda: world.strikes(fault))

    return arm


FAULTS: Mapping[str, Fault] = {
    "Q1": Fault("no pagoPA code", shown("Q1", "https://example.org/menu", "WIFI:S:casa;T:WPA;P:segreto;;", "")),
    "Q2": Fault("too few fields, too long, lower case", shown("Q2", _GOOD + "|", _GOOD.lower(), _GOOD + "0" * 40)),
    "Q3": Fault("digits of another alphabet", shown("Q3", _GOOD.replace("1", "١"), _GOOD.replace("7", "７"))),
    "Q4": Fault("NUL or line ends behind it", shown("Q4", _GOOD + "\0", _GOOD + "\r\n", _GOOD + "\n")),
    "Q6": Fault("a notice shown again in mid-sale", _again_in_mid_sale),
    "Q7": Fault("an amount that no reader takes", held("Q7", {"amount": 99_999_999}, {"amount": 99_999_850})),
    "Q8": Fault(
        "another amount than the printed one", held("Q8", {"verify_amount": 13000, "actualised_amount": 13000})
    ),
    "Q9": Fault("an unknown aux digit", shown("Q9", "PAGOPA|002|901000000000012373|77777777777|12550")),
    "Q12": Fault("control sequences for screen and printer", shown("Q12", _GOOD + "\x1b@", "\x1b[2J" + _GOOD)),
    "Q13": Fault("a notice already paid", held("Q13", {"state": "paid"})),
}
