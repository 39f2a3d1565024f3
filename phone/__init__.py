"""What the phone app keeps of a depot and what it tells: stock, open work, entries, movements."""
