"""Where the program is known to do otherwise than it should. A row goes as soon as its mending has landed.

An act whose right outcome hangs on one of these is not sent. At the end this table is empty.
"""

KNOWN: dict[str, str] = {
    "B1": "a lot or piece of elsewhere, named by id or label, is booked, or told apart from one that never was",
    "B4": "controlled gear leaves the hold (or after a fault) with one person",
    "B5": "receive-transfer of nothing changes a foreign piece's home",
    "B7": "a loss signature stays valid for what is dispatched after it; a rejected transfer takes more",
    "B18": "the paper of an approved, closed call-out is rewritten",
    "T1": "take-back puts the load on a shelf of another depot",
}
