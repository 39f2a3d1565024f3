"""The town's desk."""

from tests.inventory.documents.conftest import desk

__all__ = ["desk"]
