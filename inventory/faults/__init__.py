"""Faults of gear, from the report to the mending."""
