"""Whether everything that always holds does hold, and what can be derived put right."""
