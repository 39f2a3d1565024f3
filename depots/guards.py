"""What the database refuses of places: they form a tree."""

from core.guards import Guard

# UNION, not UNION ALL: even in a ring that was there before, the walk up ends
_ABOVE = (
    "WITH RECURSIVE up(id) AS (SELECT NEW.parent_id UNION SELECT place.parent_id FROM place JOIN up ON place.id = up.id"
    " WHERE place.parent_id IS NOT NULL) SELECT id FROM up"
)

GUARDS = (
    Guard(
        "places_form_a_tree",
        "place",
        "a place would be inside itself",
        when="NEW.parent_id IS NOT NULL",
        broken=f"NEW.id IN ({_ABOVE})",
        columns=("id", "parent_id"),
        # whoever puts one of the places above into this one at this moment holds its row
        locks=f"1 FROM place WHERE place.id IN ({_ABOVE}) ORDER BY place.id FOR SHARE",
    ),
    Guard("requirement_minimum", "requirement", "less than nothing is required", "NEW.minimum < 0"),
    Guard(
        "override_minimum",
        "requirement_override",
        "less than nothing is required",
        "NEW.minimum < 0",
        key=("depot_id", "subject"),
    ),
)
