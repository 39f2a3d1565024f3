"""Drawing a label: symbols, words, sizes, and sheets of them as PDF."""
