"""From a wish to the book: decided, witnessed, posted."""
