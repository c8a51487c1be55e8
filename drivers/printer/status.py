"""What a printer says back: one stream of status bytes, told apart by their fixed bits. Performs no I/O.

Sources: Epson ESC/POS reference (DLE EOT, GS a, GS r, GS ( H, DLE DC4), TM-T88III specification appendix G,
printing.md 1.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

XON, XOFF = 0x11, 0x13
PROCESS_ID = b'\x37"'  # 37 22 d1 d2 d3 d4 00: answer to GS ( H, function 48
CLEARED = b"\x37%"  # 37 25 00: answer to DLE DC4, function 8
_BLOCK_HEADS = (0x37, 0x5F)
_LONGEST_BLOCK = 80
_FIRST_IN_BLOCK, _SEPARATOR = 0x20, 0x1F  # a block holds text: what stands below begins another reply
_ASB_LENGTH = 4


@dataclass(frozen=True)
class RealTimeStatus:
    """The answer to DLE EOT: `0xx1xx10`; which question it answers is known by the order only."""

    byte: int


@dataclass(frozen=True)
class AutomaticStatus:
    """Four bytes pushed after GS a: at once, and whenever something changes."""

    data: bytes


@dataclass(frozen=True)
class TransmittedStatus:
    """The answer to GS r: `0xx0xxxx`, sent when the print data before it has been processed."""

    byte: int


@dataclass(frozen=True)
class BlockReply:
    """An answer between 37h or 5Fh and 00h; `data` holds its head, not its end."""

    data: bytes


Reply = RealTimeStatus | AutomaticStatus | TransmittedStatus | BlockReply


class ReplyReader:
    """Turns the printer's bytes, in whatever pieces they come, into replies; counts what fits none of them."""

    def __init__(self) -> None:
        self._partial = bytearray()
        self.strays = 0

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. Flow control bytes are the line's business and are passed over."""
        replies = (self._take(byte) for byte in data if byte not in (XON, XOFF))
        return [reply for reply in replies if reply is not None]

    def _take(self, byte: int) -> Reply | None:
        if self._partial and self._partial[0] in _BLOCK_HEADS:
            return self._continue_block(byte)
        if self._partial:
            return self._continue_automatic(byte)
        return self._begin(byte)

    def _begin(self, byte: int) -> Reply | None:
        if byte in _BLOCK_HEADS or byte & 0x93 == 0x10:
            self._partial.append(byte)
            return None
        if byte & 0x93 == 0x12:
            return RealTimeStatus(byte)
        if byte & 0x90 == 0x00:
            return TransmittedStatus(byte)
        self.strays += 1
        return None

    def _continue_block(self, byte: int) -> Reply | None:
        if byte == 0:
            return BlockReply(self._emptied())
        if len(self._partial) >= _LONGEST_BLOCK or (byte < _FIRST_IN_BLOCK and byte != _SEPARATOR):
            self.strays += len(self._emptied())
            return self._begin(byte)
        self._partial.append(byte)
        return None

    def _continue_automatic(self, byte: int) -> Reply | None:
        if byte & 0x90:
            self.strays += len(self._emptied())
            return self._begin(byte)
        self._partial.append(byte)
        return AutomaticStatus(self._emptied()) if len(self._partial) == _ASB_LENGTH else None

    def _emptied(self) -> bytes:
        data = bytes(self._partial)
        self._partial.clear()
        return data


# --- what it means -----------------------------------------------------------------------------


class Trouble(enum.Enum):
    """Why a printer does not print, as the sentence for the cashier."""

    COVER_OPEN = "Il coperchio della stampante è aperto: chiuderlo."
    PAPER_OUT = "La carta è finita: mettere un rotolo nuovo nella stampante."
    CUTTER = "La taglierina è bloccata: togliere la carta inceppata, aprire e chiudere il coperchio."
    FATAL = "La stampante è guasta: spegnerla e riaccenderla; se continua, chiamare l'assistenza."
    MECHANICAL = "La stampante segnala un errore meccanico: controllare la carta, aprire e chiudere il coperchio."
    HOT = "La testina della stampante è troppo calda: attendere qualche secondo."
    OFFLINE = "La stampante è fuori linea: controllarla e premere il tasto di avanzamento della carta."

    @property
    def stops(self) -> bool:
        """Whether only a person can end it; the others may pass by themselves."""
        return self not in (Trouble.HOT, Trouble.OFFLINE)


PAPER_LOW = "La carta sta per finire."
READY = "La stampante è pronta."
SILENT = "La stampante non dice il suo stato."
SILENT_NOW = "La stampante non risponde più: controllare che sia accesa, collegata e con il coperchio chiuso."


@dataclass(frozen=True)
class Condition:
    """How the printer is, by its own word."""

    trouble: Trouble | None = None
    paper_low: bool = False

    @property
    def sentence(self) -> str:
        """For the cashier."""
        if self.trouble is not None:
            return self.trouble.value
        return PAPER_LOW if self.paper_low else READY


QUESTIONS = (1, 2, 3, 4)  # the n of DLE EOT: printer, cause of offline, cause of error, paper

# (number of the question, mask, trouble); the first that applies is told.
_REAL_TIME = (
    (2, 0x04, Trouble.COVER_OPEN),
    (4, 0x60, Trouble.PAPER_OUT),
    (2, 0x20, Trouble.PAPER_OUT),
    (3, 0x08, Trouble.CUTTER),
    (3, 0x20, Trouble.FATAL),
    (3, 0x04, Trouble.MECHANICAL),
    (3, 0x40, Trouble.HOT),
    (2, 0x40, Trouble.MECHANICAL),
    (1, 0x08, Trouble.OFFLINE),
)
_NEAR_END_QUESTION, _NEAR_END_MASK = 4, 0x0C

# (index of the byte, mask, trouble).
_AUTOMATIC = (
    (0, 0x20, Trouble.COVER_OPEN),
    (2, 0x0C, Trouble.PAPER_OUT),
    (1, 0x08, Trouble.CUTTER),
    (1, 0x20, Trouble.FATAL),
    (1, 0x04, Trouble.MECHANICAL),
    (1, 0x40, Trouble.HOT),
    (0, 0x08, Trouble.OFFLINE),
)

# GS r 1 (paper sensors).
_TRANSMITTED_END, _TRANSMITTED_LOW = 0x0C, 0x03


def by_questions(answers: Mapping[int, int]) -> Condition:
    """What the answers to DLE EOT say, by the number of the question; questions may be missing."""
    troubles = (trouble for question, mask, trouble in _REAL_TIME if answers.get(question, 0) & mask)
    return Condition(next(troubles, None), bool(answers.get(_NEAR_END_QUESTION, 0) & _NEAR_END_MASK))


def by_push(status: AutomaticStatus) -> Condition:
    """What an automatic status says."""
    troubles = (trouble for index, mask, trouble in _AUTOMATIC if status.data[index] & mask)
    return Condition(next(troubles, None), bool(status.data[2] & _TRANSMITTED_LOW))


def by_barrier(status: TransmittedStatus) -> Condition:
    """What an answer to GS r 1 says."""
    trouble = Trouble.PAPER_OUT if status.byte & _TRANSMITTED_END else None
    return Condition(trouble, bool(status.byte & _TRANSMITTED_LOW))


def is_cleared(replies: Iterable[Reply]) -> bool:
    """Whether the printer said that its buffers are empty."""
    return any(isinstance(reply, BlockReply) and reply.data == CLEARED for reply in replies)
