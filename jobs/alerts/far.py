"""How far from the clock a sweep may be."""

FAR = 2  # days: a sweep that was missed, or one a day early, is no mistake
