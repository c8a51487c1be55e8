"""Pure rules of a payment: no device, no network, no clock, no file."""
