"""Gear that a maker or an authority calls back."""
