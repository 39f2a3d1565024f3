"""What somebody must know: alerts, the messages about them, and the jobs that find and send both."""
