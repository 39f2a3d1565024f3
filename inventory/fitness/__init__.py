"""One judgement of fitness: whether gear is ready, here and now, and if not, why (rule 14)."""
