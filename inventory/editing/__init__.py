"""The catalogue as officers edit it: items, categories, packs, words and what kits hold; and what follows from it."""
