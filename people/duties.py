"""How a person's duties are read: a sub-district is one row for each depot that lies in it at this moment."""

from sqlalchemy import Uuid, column, func, table
from sqlmodel import String

from people.models import Assignment

# The depots' own room is above this one; of their table only these columns are needed
DEPOT_OF = table(
    "depot",
    column("id", Uuid()),
    column("code", String()),
    column("subdistrict_code", String()),
    column("district_code", String()),
)
THERE = DEPOT_OF.c.subdistrict_code == Assignment.subdistrict_code
DUTY = (
    Assignment.role,
    Assignment.district_code,
    func.coalesce(Assignment.depot_id, DEPOT_OF.c.id),
    Assignment.subdistrict_code,
)
