"""What somebody tells of one act: the entry, the scene it plays in, photos, and that it is booked once."""
