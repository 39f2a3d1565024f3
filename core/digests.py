"""What a document says, as a digest: a signature holds for just that."""

import hashlib
from typing import Any

import msgspec


def digest_of_content(content: Any) -> str:
    """The digest of plain content (lists, dicts, texts, numbers, ids): the same for the same content only."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
