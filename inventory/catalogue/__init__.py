"""The catalogue: what a city knows by name, in which unit, and what a kit holds."""
