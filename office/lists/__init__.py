"""The lists of the desk, a file each."""
