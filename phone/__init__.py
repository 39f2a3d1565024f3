"""The phone app's routes: what it stores of a depot (stock, open work), and what it sends (entries, movements)."""
