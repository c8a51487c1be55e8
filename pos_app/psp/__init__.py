"""The PSP's side of a payment: what the terminal asks, in SOAP, and what the answers mean."""
