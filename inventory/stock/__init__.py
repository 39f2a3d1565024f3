"""The book: what there is, where it is, and the one way in which that changes."""
