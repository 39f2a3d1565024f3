"""What the kinds of files that can be brought in are called; ``subjects.py`` says what each is."""

SUBJECT_NAMES = ("catalogue", "depots", "stock", "districts", "people", "assets", "requirements")
