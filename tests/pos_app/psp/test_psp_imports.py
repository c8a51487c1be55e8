"""What the terminal and the sandbox import of this room costs next to nothing."""

import subprocess
import sys

import pytest

HEAVY = ("zeep", "requests", "urllib3", "isodate", "importlib.metadata")


def imported(module: str) -> set[str]:
    code = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["contract", "wire", "working_days", "account", "endpoint", "faults"])
def test_the_light_modules_stay_light(module: str) -> None:
    assert imported(f"pos_app.psp.{module}") == set()


def test_the_client_does_not_load_zeep_before_its_first_call() -> None:
    assert "zeep" not in imported("pos_app.psp.client")
