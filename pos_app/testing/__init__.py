"""Doubles of every contract, in memory and in virtual time, and whole terminals made of them."""
