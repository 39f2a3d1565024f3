"""Where the program is known to do otherwise than it should. A row goes as soon as its mending has landed.

An act whose right outcome hangs on one of these is not sent. At the end this table is empty.
"""

KNOWN: dict[str, str] = {}
