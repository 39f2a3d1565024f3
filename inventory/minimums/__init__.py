"""What must be held, edited as versions: a draft with its day, a preview of what it does, then in force by itself."""
