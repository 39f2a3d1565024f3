"""Labels: codes and what they are bound to, how a label is drawn, and printing."""
