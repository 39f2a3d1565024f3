"""Imported last by the process that servers are forked from: what each would read for itself, read once.

Keeps the garbage collector off all that was imported.
"""

import gc

from core.languages import script_texts, texts
from core.pages import templates

texts("zh")
script_texts("zh")
templates().get_template("frame.html")
gc.collect()
gc.freeze()
