"""The files of the pages and of the libraries they use, served as they are."""

from litestar import Router
from litestar.static_files import create_static_files_router

from core.compression import COMPRESSED
from core.settings import ROOT


def _files(path: str, folder: str) -> Router:
    return create_static_files_router(
        path, [ROOT / "web" / folder], opt={"may": "public"}, include_in_schema=False, middleware=[COMPRESSED]
    )


FILES = [_files("/static", "static"), _files("/vendor", "vendor")]
