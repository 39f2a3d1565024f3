"""What people, robots and webhooks are told of alerts, each step once."""
