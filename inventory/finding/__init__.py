"""The finder and five-minute cover: who near me has it, ready now, and where help is too far."""
