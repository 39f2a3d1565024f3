"""Calendar feeds: the dates of depots for a calendar program."""
