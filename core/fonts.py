"""The font in which everything is printed: Chinese needs one that comes along."""

from importlib.resources import files
from pathlib import Path


def chinese_font() -> Path:
    """The openly licensed Chinese font (Noto Sans SC, OFL) from its package."""
    return Path(str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"))
