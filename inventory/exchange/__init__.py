"""Import from spreadsheets, export of every list, backup and restore."""
