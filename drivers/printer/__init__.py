"""Receipt printers: layout and ESC/POS without I/O, the driver, and the double that renders what it was sent."""
