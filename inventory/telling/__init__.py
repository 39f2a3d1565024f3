"""The frame of an entry, which reports one act: who and when (the scene), its photos, and that it is booked once."""
