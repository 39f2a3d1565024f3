"""When jobs run, who runs them, and how they fare."""
