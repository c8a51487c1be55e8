"""Every request of the till (ecr17.md 2.1, 2.2, 2.6) as one table of layouts. Performs no I/O."""

from drivers.card_reader.ecr17.layout import HEAD, Field, Kind, Layout

CASH_REGISTER = Field("cash_register_id", 11, 8)
ADDITIONAL = Field("additional_data", 19, 1, Kind.FLAG)
AMOUNT = Field("amount", 24, 8, Kind.NUMBER)
TEXT = Field("text", 32, 128, Kind.RIGHT)
PAYMENT_TYPE = Field("payment_type", 23, 1)

PAYMENT = (CASH_REGISTER, ADDITIONAL, Field("card_present", 22, 1, Kind.FLAG), PAYMENT_TYPE, AMOUNT, TEXT)
PRE_AUTHORISED = (CASH_REGISTER, ADDITIONAL, AMOUNT, TEXT, Field("preauth_code", 160, 9))
TILL_ONLY = (CASH_REGISTER, ADDITIONAL)

ADDITIONAL_DATA = (
    Field("payment_type", 11, 6),
    Field("iso_field", 17, 2),
    Field("tag_number", 19, 8, Kind.LEFT),
    Field("tag_index_map", 28, 4),
    Field("contents", 37, 0, Kind.REST),  # each content closed by 1B, four at most
)

RETROACTIVE_REVERSAL = (
    CASH_REGISTER,
    Field("transaction_type", 24, 1),
    Field("stan", 25, 6),
    Field("card_hint", 31, 5),
    Field("acquirer_id", 36, 11, Kind.LEFT),
    Field("amount", 47, 8, Kind.NUMBER),
    Field("authorisation_code", 55, 6, Kind.LEFT),
    Field("date", 61, 10, Kind.LEFT),
)

REQUESTS = {
    layout.code: layout
    for layout in (
        Layout("s", HEAD),  # status
        Layout("t", HEAD),  # extended status
        Layout("P", 167, PAYMENT),
        Layout("X", 167, PAYMENT),  # payment with the extended result
        Layout("p", 167, PAYMENT),  # pre-authorisation
        Layout("i", 176, PRE_AUTHORISED),  # incremental
        Layout("c", 176, PRE_AUTHORISED),  # pre-authorisation closure
        Layout("S", 26, (CASH_REGISTER, Field("stan", 19, 6), Field("additional_data", 25, 1, Kind.FLAG))),  # reversal
        Layout("A", 39, (CASH_REGISTER, ADDITIONAL, AMOUNT)),  # refund
        Layout("H", 39, (CASH_REGISTER, ADDITIONAL, PAYMENT_TYPE)),  # card verification
        Layout("U", 36, ADDITIONAL_DATA),
        Layout("C", 26, TILL_ONLY),  # close session
        Layout("T", 26, TILL_ONLY),  # totals
        Layout("G", 22, TILL_ONLY),  # send last result
        Layout("E", 11, (Field("print_on_ecr", 11, 1),)),  # 0 reader, 1 till (PAX: 2 both, 3 merchant's copy)
        Layout("R", 22, (Field("to_ecr", 11, 1, Kind.FLAG), Field("ticket", 12, 1))),  # reprint
        Layout("K", 26, (CASH_REGISTER, Field("xml_length", 23, 4, Kind.NUMBER), Field("xml", 27, 0, Kind.REST))),
        Layout("D", 120, (Field("first", 17, 1, Kind.FLAG),)),  # load parameters
        Layout("Q", 80, RETROACTIVE_REVERSAL),
    )
}
