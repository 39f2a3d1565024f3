"""A city sets itself up and runs itself: settings, health, the first start, and the index of all administration."""
