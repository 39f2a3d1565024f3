"""Reference data: catalogue, station types, profiles, par levels, kits and maintenance plans, from CSV files."""
