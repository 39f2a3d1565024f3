"""After a time nobody needs to know any more who borrowed: the loan stays, its borrower's name and phone go (B19)."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from depots.models import Place
from inventory.documents.loans import names_of_loan
from inventory.documents.models import Loan
from inventory.telling.forgetting import Words, forget_in_entries


def forget_borrowers(session: Session, before: datetime, most: int) -> list[Words]:
    """Erase the names and phones of up to ``most`` loans that were closed before an instant; returns what they were.

    The unit that borrowed stays: it is nobody's name. Movements name no borrower, they go to the loan's place.
    """
    statement = (
        select(Loan, Place)
        .join(Place, Place.id == Loan.id)
        .where(Loan.closed_at < before, or_(Loan.name != "", Loan.phone != ""))
        .order_by(Loan.closed_at)
        .limit(most)
    )
    forgotten = []
    for loan, place in session.execute(statement).all():
        names = (place.name_zh, place.name_en) if loan.name else ()
        told = " ".join(part for part in (loan.unit, loan.name, loan.phone) if part)
        forgotten.append(words := Words((*names, told, loan.name, loan.phone), loan.lent_at))
        loan.name = loan.phone = ""
        place.name_zh, place.name_en = place.path_zh, place.path_en = names_of_loan(loan)
        session.flush()
        forget_in_entries(session, words)
    return forgotten
