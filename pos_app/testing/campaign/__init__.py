"""The fault campaign: whole terminals with their real far sides in one process, under virtual time and one seed."""
