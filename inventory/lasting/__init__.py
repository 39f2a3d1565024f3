"""How much of an item is used, how long what is ready will last, and what will end unused."""
