"""Notifications of alerts to people, robots and webhooks, each step once."""
