"""Imported last by the process that servers are forked from: keeps the garbage collector off what it has imported."""

import gc

gc.collect()
gc.freeze()
