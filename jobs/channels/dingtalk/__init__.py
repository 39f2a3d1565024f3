"""DingTalk group robots."""
