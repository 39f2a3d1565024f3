"""The accounts of the demo city, named by their role. They exist only where ``--demo`` or ``load-demo`` made them."""

DEMO_PASSWORD = "readyshelf-demo"  # documented on purpose; the README and the sign-in page show it
DEMO_ACCOUNTS = ("keeper", "officer", "admin", "responder", "auditor")
