"""The terminal: it knows pagoPA, and no device by name."""
