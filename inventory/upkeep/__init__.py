"""Upkeep: what must be looked at and when, the checks that were done, and gear that is away to be put right."""
