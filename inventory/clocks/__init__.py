"""Plans and their clocks: when gear falls due, and how clocks follow gear."""
