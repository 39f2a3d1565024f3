"""What a document or a request says, as a digest: a signature holds for just that, and a repeat is known by it."""

import hashlib
from typing import Any

import msgspec


def digest_of_content(content: Any) -> str:
    """The digest of content (lists, dicts, structs, texts, numbers, ids): the same for the same content only."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
