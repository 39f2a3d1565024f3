"""Which few moves mend the most: transfers, swaps and purchases, solved as a whole and carried out by officers."""
