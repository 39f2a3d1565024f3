"""The ways out: each channel behind one small interface, each in a file of its own."""
