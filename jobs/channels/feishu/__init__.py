"""Feishu (Lark) group robots."""
