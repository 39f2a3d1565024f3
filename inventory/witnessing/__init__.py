"""Controlled gear leaves a depot's keeping only before two pairs of eyes (T96)."""
