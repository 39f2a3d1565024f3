"""Which answers travel compressed: files and what the phone stores, named route by route.

Never a page: it holds a form's token beside words of the request, and compressed together their lengths would tell.
"""

from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware

COMPRESSED = DefineMiddleware(CompressionMiddleware, config=CompressionConfig("gzip", gzip_compress_level=6))
