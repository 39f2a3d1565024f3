"""Photos on faults, checks and disposals: small, without position, outside the database, under their own hash."""

import hashlib
import io
import warnings
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.archive import HALF
from core.errors import Refusal, bad_field, conflict, forbidden, id_reused, not_found
from core.languages import N_
from depots.models import Depot
from inventory.telling.models import Photo
from inventory.telling.scene import Scene
from people.formerly import once_might
from people.policy import Act, Caller, may, may_at

LARGEST_BYTES = 1_500_000  # as sent; the phone shrinks first
LARGEST_FILE = 12_000_000  # from the desk, where nothing makes it smaller first
LONGEST_EDGE = 1600  # pixels, as kept
THUMBNAIL_EDGE = 240  # pixels
MOST_PIXELS = 40_000_000
MOST_PER_ENTRY = 5
FORMATS = ("JPEG", "PNG", "WEBP")
JPEG = ".jpg"


def prepare(data: bytes, largest: int = LARGEST_BYTES) -> bytes:
    """The picture as it is stored: JPEG, upright, 1600 pixels at most, without any of the metadata that came along.

    Refuses (413, 422) what is too large or no picture. Slow (some 50 ms): call it in a thread.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # slow to import: only for a photo

    if len(data) > largest:
        raise Refusal(413, "too-large", N_("a photo has 1.5 MB at most; the app makes them smaller before sending"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise bad_field("photo", N_("this picture has too many pixels"))
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        raise bad_field("photo", N_("this is not a photo that can be read: JPEG, PNG or WebP")) from None
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    kept = io.BytesIO()
    # A new picture of the pixels alone: position, device and time stay behind
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(kept, "JPEG", quality=80, optimize=True)
    return kept.getvalue()


@lru_cache(maxsize=256)
def thumbnail(path: Path) -> bytes:
    """A picture that lies here, small enough for a list: JPEG, some 5 kB. Slow the first time: call it in a thread."""
    from PIL import Image

    with Image.open(path, formats=["JPEG"]) as picture:
        picture.draft("RGB", (THUMBNAIL_EDGE, THUMBNAIL_EDGE))
        small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    kept = io.BytesIO()
    small.save(kept, "JPEG", quality=70, optimize=True)
    return kept.getvalue()


def keep_file(folder: Path, content: bytes, suffix: str = JPEG) -> str:
    """Write a picture or paper under its hash; returns the hash. The same one twice, at once too, is one file."""
    name = hashlib.sha256(content).hexdigest()
    path = file_of(folder, name, suffix)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{name}.{uuid4().hex}{HALF}")
        half.write_bytes(content)
        half.replace(path)
    return name


def file_of(folder: Path, name: str, suffix: str = JPEG) -> Path:
    """Where a picture or paper lies."""
    return folder / name[:2] / f"{name}{suffix}"


def note_photo(session: Session, caller: Caller, photo_id: UUID, name: str, size: int, now: datetime) -> bool:
    """Enter a photo under the device's id; False if it stands there already, exactly so.

    Refuses (403) who may report nothing now and never might: the picture of an act of theirs may come late.
    """
    if not may(caller, Act.REPORT) and not once_might(session, caller, Act.REPORT):
        raise forbidden(N_("your role does not allow this"))
    there = session.get(Photo, photo_id)
    if there is not None:
        if there.person_id != caller.person_id or there.file_hash != name:
            raise id_reused()
        return False
    session.add(Photo(id=photo_id, person_id=caller.person_id, file_hash=name, size=size, recorded_at=now))
    return True


def attach_photos(scene: Scene) -> None:
    """Bind the photos that an entry names to it; they must have been sent before, by the same person."""
    ids = scene.entry.photos
    if not ids:
        return
    if len(ids) > MOST_PER_ENTRY:
        raise bad_field("photos", N_("at most {most} photos at once"), most=MOST_PER_ENTRY)
    photos = list(scene.session.execute(select(Photo).where(Photo.id.in_(ids))).scalars())
    if len(photos) != len(set(ids)) or any(photo.person_id != scene.caller.person_id for photo in photos):
        raise bad_field("photos", N_("send the photo first"))
    if any(photo.entry_id not in (None, scene.entry.id) for photo in photos):
        raise conflict("photo-used", N_("this photo belongs to another report already; take a new one"))
    for photo in photos:
        photo.entry_id, photo.depot_id = scene.entry.id, scene.depot_id


def photo_for(session: Session, caller: Caller, photo_id: UUID) -> str:
    """The hash of a photo that the caller may see: one's own, or of an entry at a depot within reach."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise not_found(N_("there is no such photo"))
    if photo.person_id != caller.person_id:
        if photo.depot_id is None:
            raise not_found(N_("there is no such photo"))
        depot = session.get_one(Depot, photo.depot_id)
        if not may_at(caller, Act.SEE, depot.id, depot.district_code):
            raise not_found(N_("there is no such photo"))
    return photo.file_hash
