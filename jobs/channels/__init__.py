"""The ways out: each channel behind one small interface, each in a folder of its own."""
