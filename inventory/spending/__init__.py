"""What gear costs month by month: used up, disposed of, lost, mended, planned; and what it is worth on hand."""
