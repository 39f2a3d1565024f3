"""Mail: by SMTP, to whom wants it and whom it reaches."""
