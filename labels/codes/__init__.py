"""Codes: what one looks like, what it is bound to, and what any scanned text leads to."""
