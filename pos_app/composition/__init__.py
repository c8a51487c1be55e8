"""The composition root: settings and a hardware profile become a wired terminal. The only place with concrete names."""

from pos_app.composition.station import Counter, Station, station

__all__ = ["Counter", "Station", "station"]
