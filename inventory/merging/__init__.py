"""Two lines of the catalogue that mean one thing become one: what there is and what is asked for follow."""
