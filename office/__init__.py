"""The officer's desk: the frame's navigation, what needs somebody today, one search over everything, one table."""
