"""Card readers, one package a protocol."""
