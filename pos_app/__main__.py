"""`python -m pos_app` is `pos-terminal`."""

from pos_app.cli import main

main()
