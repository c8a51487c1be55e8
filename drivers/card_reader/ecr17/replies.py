"""Every answer of the reader (ecr17.md 2.3 to 2.7) as one table of layouts. Performs no I/O.

The same letter means another message than in requests: `E` is a result here, `S` a piece of receipt. A reader may send
less than the full length (71 or 74 instead of 92 bytes); what is not there reads as None.
"""

from drivers.card_reader.ecr17.layout import HEAD, Field, Kind, Layout, Value, code_of

RESULT = Field("result", 11, 2)
CARD = Field("card_number", 13, 19, Kind.RAW)  # already masked by the codec
ENTRY = Field("entry_mode", 32, 3)
AUTHORISATION = Field("authorisation_code", 35, 6, Kind.LEFT)
MESSAGE = Field("message", 13, 24, Kind.LEFT)

TAIL = (
    Field("card_type", 48, 1),
    Field("acquirer_id", 49, 11, Kind.LEFT),
    Field("stan", 60, 6, Kind.LEFT),
    Field("online_id", 66, 6, Kind.LEFT),
    Field("action_code", 72, 3, Kind.LEFT),
)
PAID = (RESULT, CARD, ENTRY, AUTHORISATION, Field("host_time", 41, 7), *TAIL)
AMOUNT = Field("amount", 75, 8, Kind.NUMBER)


def exchange_at(position: int) -> tuple[Field, ...]:
    """Return the fields of a currency exchange, which begin at another place in `V` than in `v`."""
    return (
        Field("exchanged", position, 1, Kind.FLAG),
        Field("rate", position + 1, 8, Kind.NUMBER),  # four decimals
        Field("currency", position + 9, 3, Kind.LEFT),
        Field("foreign_amount", position + 12, 12, Kind.NUMBER),
        Field("foreign_decimals", position + 24, 1, Kind.NUMBER),
    )


PREAUTHORISED = (
    RESULT,
    CARD,
    ENTRY,
    AUTHORISATION,
    Field("amount", 41, 8, Kind.NUMBER),
    Field("preauth_code", 49, 9),
    Field("action_code", 58, 3, Kind.LEFT),
    Field("host_time", 61, 7),
    Field("card_type", 71, 1),  # the document prints 48, which the amount covers
    Field("acquirer_id", 72, 11, Kind.LEFT),
    Field("stan", 83, 6, Kind.LEFT),
    Field("online_id", 89, 6, Kind.LEFT),
)

INCREMENTED = (
    RESULT,
    CARD,
    ENTRY,
    Field("acquirer_id", 35, 11, Kind.LEFT),
    Field("authorisation_code", 46, 6, Kind.LEFT),
    Field("stan", 52, 6, Kind.LEFT),
    Field("online_id", 58, 6, Kind.LEFT),
    Field("host_time", 64, 7),
    Field("action_code", 71, 3, Kind.LEFT),
)

REFUNDED = (
    RESULT,
    CARD,
    ENTRY,
    AUTHORISATION,
    Field("acquirer_id", 41, 11, Kind.LEFT),
    Field("host_time", 52, 7),
)

CLOSED = (RESULT, Field("reader_total", 13, 16, Kind.NUMBER), Field("host_total", 29, 16, Kind.NUMBER))
NOT_CLOSED = (RESULT, Field("message", 13, 19, Kind.LEFT), Field("action_code", 32, 3, Kind.LEFT))

REPLIES = {
    layout.code: layout
    for layout in (
        Layout("s", 30, (Field("reader_time", 21, 10), Field("state", 31, 0, Kind.REST))),
        Layout("t", 225, (Field("state", 225, 1),)),
        Layout("E", 92, (*PAID, AMOUNT)),
        Layout("V", 117, (*PAID, AMOUNT, *exchange_at(83))),
        Layout("e", 106, PREAUTHORISED),
        Layout("i", 75, INCREMENTED),
        Layout("c", 74, PAID),
        Layout("v", 109, (*PAID, *exchange_at(75))),
        Layout("A", 58, REFUNDED),
        Layout("T", 34, (RESULT, Field("total", 13, 16, Kind.NUMBER))),
        Layout("C", 44, CLOSED),
        Layout(
            "D",
            251,
            (RESULT, Field("stan", 13, 6), Field("online_id", 19, 6), Field("host_time", 25, 7)),
        ),
        Layout("S", HEAD, (Field("text", 11, 0, Kind.REST),)),
        Layout("U", 19, (Field("data_length", 17, 3, Kind.NUMBER), Field("data", 20, 0, Kind.REST))),
        Layout(
            "K",
            26,
            (
                Field("more", 15, 1, Kind.FLAG),
                Field("sequence", 16, 3, Kind.NUMBER),
                Field("xml_length", 23, 4, Kind.NUMBER),
                Field("xml", 27, 0, Kind.REST),
            ),
        ),
    )
}

# Result 01 carries a text where the card would be; layouts of other results are not documented (ecr17.md 2.3).
REFUSALS = {
    "E": Layout("E", 92, (RESULT, MESSAGE, *TAIL)),
    "V": Layout("V", 117, (RESULT, MESSAGE, *TAIL)),
    "c": Layout("c", 74, (RESULT, MESSAGE, *TAIL)),
    "v": Layout("v", 109, (RESULT, MESSAGE, *TAIL)),
    "e": Layout("e", 106, (RESULT, MESSAGE, Field("action_code", 37, 3, Kind.LEFT), *PREAUTHORISED[-4:])),
    "C": Layout("C", 44, NOT_CLOSED),
}

APPROVED, REFUSED = "00", "01"


def decode_reply(payload: bytes) -> dict[str, Value] | None:
    """Return the fields of an answer, None for a code that no document knows."""
    layout = REPLIES.get(code_of(payload))
    if layout is None:
        return None
    result = payload[10:12].decode("latin-1")
    if layout.fields[0] is not RESULT or result == APPROVED:
        return layout.decode(payload)
    if result == REFUSED:
        return REFUSALS.get(layout.code, ONLY_RESULT).decode(payload)
    return ONLY_RESULT.decode(payload)


ONLY_RESULT = Layout("", 12, (RESULT,))
