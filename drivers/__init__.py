"""Drivers: what a device does. They know cents, text and bytes, and nothing of pagoPA."""
