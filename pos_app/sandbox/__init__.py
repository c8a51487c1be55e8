"""PSP backend, Node and creditor institution as one server: the embedded default of all that is outside."""
