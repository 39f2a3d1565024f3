"""Where the program is known to do otherwise than it should. A row goes as soon as its mending has landed.

An act whose right outcome hangs on one of these is not sent. At the end this table is empty.
"""

KNOWN: dict[str, str] = {
    "B1": "a lot or piece of elsewhere, named by id or label, is booked, or told apart from one that never was",
    "B4": "controlled gear leaves the hold (or after a fault) with one person",
    "B5": "receive-transfer of nothing changes a foreign piece's home",
    "B7": "a loss signature stays valid for what is dispatched after it; a rejected transfer takes more",
    "B18": "the paper of an approved, closed call-out is rewritten",
    "N1": "another person's movement, sent again by somebody out of reach, is answered with its ids",
    "N2": "a late return from a shelf onto itself books the shortfall: stock out of the discrepancy",
    "N3": "a wish without a place asks the right at a depot that only once had some, and takes at another",
    "N4": "in a list, a later wish does not find what an earlier one moved: late, bulk doubles and a piece gets 409",
    "T1": "take-back puts the load on a shelf of another depot",
}
