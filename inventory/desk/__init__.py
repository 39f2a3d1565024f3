"""The officer's desk: the city on a map, its matrix, what ends when, how readiness went day by day, and why."""
