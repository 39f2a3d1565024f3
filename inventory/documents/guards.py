"""What the database refuses of documents: quantities that are none."""

from core.guards import Guard

GUARDS = (
    Guard(
        "transfer_line_quantity",
        "transfer_line",
        "nothing, or less, is asked for",
        "NEW.quantity <= 0",
        key=("transfer_id", "item_id"),
    ),
    Guard("pack_code_contains", "pack_code", "a pack holds nothing or less", "NEW.contains <= 0", key=("gtin",)),
    Guard("proposal_contains", "proposal", "a pack holds nothing or less", "NEW.contains <= 0"),
    Guard("hand_out_quantity", "hand_out", "nothing, or less, is handed out", "NEW.quantity <= 0"),
)
