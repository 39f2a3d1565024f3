"""A plausible city to try the program with: depots, people, gear at and around par, dates, faults, some life."""
