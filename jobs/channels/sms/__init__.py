"""Short text messages to a phone on call, by a gateway of the city's choice."""
