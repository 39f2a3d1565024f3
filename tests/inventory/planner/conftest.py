"""The same short ways as for documents: tell entries as somebody, read the book afterwards."""

from tests.inventory.documents.conftest import desk

__all__ = ["desk"]
