"""Facts that somebody must know, found in the book."""
