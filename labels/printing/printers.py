"""Labels for label printers: ZPL and TSPL with the label as a bitmap, so that Chinese prints on every printer.

Sent as a file or to a TCP port (JetDirect, usually 9100), and only to the printers that the settings name.
"""

import socket
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, urlsplit

import msgspec
from PIL import Image, ImageChops

from core.errors import Refusal, bad_field
from core.languages import N_
from labels.drawing.dots import DEFAULT_DPI, DOTS_PER_MM
from labels.drawing.drawing import Drawing, as_pixels

GAP_MM = 2  # between labels on a roll, as they are sold
TIMEOUT_SECONDS = 10


def as_zpl(drawing: Drawing) -> bytes:
    """One label in ZPL II: the graphic field ``^GFA`` holds the dots, a set bit is black (ZPL II manual, ^GF)."""
    width = (drawing.width + 7) // 8
    dots = _bits(drawing, black=1)
    return (
        f"^XA^PW{drawing.width}^LL{drawing.height}^LH0,0^FO0,0"
        f"^GFA,{len(dots)},{len(dots)},{width},{dots.hex().upper()}^FS^PQ1^XZ\n"
    ).encode("ascii")


def as_tspl(drawing: Drawing) -> bytes:
    """One label in TSPL: ``BITMAP`` holds the dots, a set bit is white (TSPL/TSPL2 manual, BITMAP, mode 0)."""
    width = (drawing.width + 7) // 8
    per_mm = drawing.dots_per_mm
    head = (
        f"SIZE {drawing.width / per_mm:g} mm,{drawing.height / per_mm:g} mm\r\nGAP {GAP_MM} mm,0 mm\r\n"
        f"DIRECTION 1\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP 0,0,{width},{drawing.height},0,"
    )
    return head.encode("ascii") + _bits(drawing, black=0) + b"\r\nPRINT 1,1\r\n"


def _bits(drawing: Drawing, black: int) -> bytes:
    """The dots row by row, eight a byte, rows filled up with white."""
    image = as_pixels(drawing)
    padded = Image.new("1", ((drawing.width + 7) // 8 * 8, drawing.height), 255)
    padded.paste(image, (0, 0))
    return (ImageChops.invert(padded.convert("L")).convert("1") if black else padded).tobytes()


TONGUES: dict[str, Callable[[Drawing], bytes]] = {"zpl": as_zpl, "tspl": as_tspl}


class Printer(msgspec.Struct, frozen=True):
    """A label printer on the network, as the settings name it: ``zpl://10.0.0.5:9100?dpi=300``."""

    tongue: str
    host: str
    port: int
    dots_per_mm: int

    @property
    def name(self) -> str:
        """How it is chosen."""
        return f"{self.host}:{self.port}"


def read_printers(text: str) -> dict[str, Printer]:
    """The printers of a setting, by name. Raises ValueError with a sentence for one that cannot be used."""
    printers = [_printer(address) for address in text.split()]
    return {printer.name: printer for printer in printers}


def _printer(address: str) -> Printer:
    parts = urlsplit(address)
    dpi = parse_qs(parts.query).get("dpi", [str(DEFAULT_DPI)])[0]
    if parts.scheme not in TONGUES or not parts.hostname:
        raise ValueError(f"{address}: it must be such as zpl://10.0.0.5:9100 or tspl://printer.local:9100")
    if not dpi.isdigit() or int(dpi) not in DOTS_PER_MM:
        raise ValueError(f"{address}: dpi must be {' or '.join(str(known) for known in DOTS_PER_MM)}")
    return Printer(parts.scheme, parts.hostname, parts.port or 9100, DOTS_PER_MM[int(dpi)])


def printer_named(setting: str, name: str) -> Printer:
    """The printer with this name. Refuses (422) one that the settings do not name: nothing else is ever called."""
    printers = read_printers(setting)
    if name not in printers:
        raise bad_field("printer", N_("this printer is not among those that the settings allow"))
    return printers[name]


def send(printer: Printer, drawings: Iterable[Drawing]) -> int:
    """Send labels to a printer, one after the other; returns how many.

    Refuses (503) when it cannot be reached. What it had taken by then is printed.
    """
    sent = 0
    try:
        with socket.create_connection((printer.host, printer.port), TIMEOUT_SECONDS) as connection:
            for drawing in drawings:
                connection.sendall(TONGUES[printer.tongue](drawing))
                sent += 1
            connection.shutdown(socket.SHUT_WR)
    except OSError as fault:
        message = N_("the printer {printer} cannot be reached after {sent} labels: {why}")
        raise Refusal(503, "printer", message, printer=printer.name, sent=sent, why=str(fault)) from None
    return sent
