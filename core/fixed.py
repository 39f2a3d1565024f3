"""What holds before anything is read or imported: where the program lies, and the languages it speaks."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh", "en")
