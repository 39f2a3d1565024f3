"""The city and its parts, depots and the places in them, and what each depot must hold."""
