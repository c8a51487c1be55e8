"""What the cashier is told, in Italian (ecr17.md 4): states of the reader, and why a charge stands as it does."""

from drivers.card_reader.ecr17.messages import CardResult, StatusReply
from drivers.card_reader.ecr17.steps import Ending
from drivers.contracts import ChargeVerdict, ReversalVerdict

# State of an `s` reply -> (can charge, words). Anything else is not ready.
STATES = {
    "0": (False, "Lettore non configurato: chiamare l'assistenza."),
    "1": (False, "Lettore senza parametri (DLL mai eseguito): chiamare l'assistenza."),
    "2": (True, "Lettore operativo."),
    "3": (False, "Lettore non allineato: eseguire il DLL sul lettore."),
    "4": (False, "Chiave del lettore danneggiata: chiamare l'assistenza."),
    "5": (True, "Lettore operativo; aggiornamento dei parametri (DLL) in attesa."),
    "6": (True, "Lettore operativo; aggiornamento del software in attesa."),
    "OPERATIVE": (True, "Lettore operativo."),
}

QUESTION_ENDINGS = {
    Ending.REFUSED: "Il lettore non accetta la richiesta: riportarlo alla schermata iniziale.",
    Ending.NO_ANSWER: "Il lettore non risponde: controllare cavo, velocità e configurazione ECR.",
    Ending.INTERRUPTED: "Il lettore ha smesso di rispondere: controllare il suo display e il cavo.",
    Ending.GARBLED: "Risposta del lettore illeggibile: controllare cavo e parametri della linea.",
}

DO_NOT_REPEAT = "Non ripetere il pagamento: esito in verifica."

CHARGE_ENDINGS = {
    Ending.REFUSED: (
        ChargeVerdict.NOT_STARTED,
        "Lettore occupato: riportarlo alla schermata iniziale. Nessun addebito.",
    ),
    Ending.NO_ANSWER: (ChargeVerdict.UNCERTAIN, f"Il lettore non ha confermato il comando. {DO_NOT_REPEAT}"),
    Ending.INTERRUPTED: (
        ChargeVerdict.UNCERTAIN,
        f"Il lettore non ha più risposto durante il pagamento. {DO_NOT_REPEAT}",
    ),
    Ending.GARBLED: (ChargeVerdict.UNCERTAIN, f"Risposta del lettore illeggibile. {DO_NOT_REPEAT}"),
}

REFUSALS = {
    "01": "Pagamento rifiutato",
    "05": "Carta non inserita: inserire la carta",
    "09": "Il lettore ha ricevuto un dato sconosciuto",
}

RESOLVED = {
    ChargeVerdict.APPROVED: "Pagamento approvato: trovato nella memoria del lettore.",
    ChargeVerdict.NOT_CHARGED: "Nessun addebito: lo provano ultimo esito e totali del lettore.",
    ChargeVerdict.OTHER_AMOUNT: "Il lettore ha addebitato un altro importo: chiamare il responsabile.",
}

REVERSED = {
    ReversalVerdict.APPROVED: "Storno approvato.",
    ReversalVerdict.REFUSED: "Storno rifiutato: il pagamento resta valido.",
    ReversalVerdict.NOT_STARTED: "Storno non avviato: riportare il lettore alla schermata iniziale.",
    ReversalVerdict.UNCERTAIN: "Esito dello storno non noto: non ripeterlo, controllare il lettore.",
}

APPROVED = "Pagamento approvato."
OTHER_AMOUNT = RESOLVED[ChargeVerdict.OTHER_AMOUNT]
UNPROVEN = "L'esito non è ancora provato: controllare il lettore e il suo scontrino."
WRONG_READER = "È collegato il lettore {found}, atteso {wanted}: controllare il collegamento o il profilo."
EARLIER_RESULT = "È arrivato l'esito di un pagamento precedente: verificarlo prima di ripetere. Nessun nuovo addebito."
RESULT_WAITS = "Nel lettore c'è l'esito di un pagamento precedente: deve prenderlo prima il terminale."
NO_TOTALS = "Il lettore non comunica i totali."
NO_USABLE_STATUS = "Il lettore ha risposto allo stato con un messaggio incomprensibile."


def status_words(status: StatusReply, expected_id: str | None) -> tuple[bool, str]:
    """Return whether this reader can charge, and the sentence; `expected_id` None accepts any reader."""
    if expected_id is not None and status.terminal_id != expected_id:
        return False, WRONG_READER.format(found=status.terminal_id, wanted=expected_id)
    return STATES.get(status.state.upper(), (False, f"Lettore non pronto: {status.state}."))


def refusal_words(result: CardResult) -> str:
    """Return why nothing was paid, with the reader's own text where it gave one."""
    told = REFUSALS.get(result.result, REFUSALS["01"])
    return f"{told}: {result.message}." if result.message else f"{told}."


def unreadable_words(result: CardResult) -> str:
    """Return that a result says nothing we may rely on."""
    return f"Esito del lettore non riconosciuto ({result.result or 'assente'}). {DO_NOT_REPEAT}"
