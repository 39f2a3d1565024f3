"""Where the program is known to do otherwise than it should. A row goes as soon as its mending has landed.

An act whose right outcome hangs on one of these is not sent. At the end this table is empty.
"""

KNOWN: dict[str, str] = {
    "B1": "a lot or piece of elsewhere, named by id or label, is booked; a late fact puts a single piece in two places",
    "B4": "controlled gear leaves the hold (or after a fault) with one person",
    "B5": "receive-transfer of nothing changes a foreign piece's home",
    "B7": "a loss signature stays valid for what is dispatched after it; a rejected transfer takes more",
    "N1": "POST /api/movements with another person's id and content answers with ids of depots out of the sender's reach",
    "N2": "a late return from a shelf onto itself books the shortfall: stock out of the discrepancy",
    "N3": "a wish without a place asks the right at a depot that only once had some, and takes at another",
    "B25": "two counts of one place book a difference twice",
}
