"""Documents made of movements: loans, incidents, transfers, counts, handovers, kits; and what phones reported."""
