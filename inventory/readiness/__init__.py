"""What of the required gear is there, fit and in date now."""
