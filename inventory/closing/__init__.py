"""Closing a depot, or merging it into another (T91)."""
