"""Printing labels: which, with what on them, to a file or a printer, and what was printed when."""
