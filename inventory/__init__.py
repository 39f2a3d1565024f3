"""Gear: the book of where everything is, and all that keepers and officers do with it."""
