"""What holds for every test."""

from hypothesis import settings

# How long an example takes says something about the machine; what is slow has a benchmark.
settings.register_profile("every test", deadline=None)
settings.load_profile("every test")
