"""Alerts: one open fact each, from opening to its end, and who answers for it."""
