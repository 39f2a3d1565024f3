"""The vocabulary of lists that can be had as files."""
