"""How fine label printers print, and the sizes that are meant where none is named."""

DOTS_PER_MM = {203: 8, 300: 12}  # what printers sold by these names really have
DEFAULT_DPI = 203
DEFAULT_SIZE = "60x40"
SHEET = "a4-24"
