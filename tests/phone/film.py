"""A film for a fake camera: labels held before it, one picture after the other (YUV4MPEG2, as Chromium reads it)."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

SIZE = (640, 480)
PER_SECOND = 6


def show(path: Path, pictures: Sequence[Sequence[Image.Image]], seconds_each: float = 0.5) -> Path:
    """Write a film in which each group of symbols is seen side by side for some time; it plays again and again."""
    width, height = SIZE
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F{PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for symbols in pictures:
            frame = _frame(symbols)
            for _ in range(max(1, round(seconds_each * PER_SECOND))):
                film.write(b"FRAME\n" + frame)
    return path


def _frame(symbols: Sequence[Image.Image]) -> bytes:
    """One picture: the symbols side by side on a shelf's grey."""
    width, height = SIZE
    canvas = Image.new("RGB", SIZE, (150, 150, 145))
    room = (width // len(symbols) - 20, height - 40)
    for number, symbol in enumerate(symbols):
        small = symbol.convert("RGB")
        small.thumbnail(room, Image.Resampling.LANCZOS)
        left = number * (width // len(symbols)) + (width // len(symbols) - small.width) // 2
        canvas.paste(small, (left, (height - small.height) // 2))
    light, blue, red = canvas.convert("YCbCr").split()
    half = (width // 2, height // 2)
    return light.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
