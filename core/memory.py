"""How the C library's allocator hands memory back.

glibc gives every few threads an arena of their own and learns from large blocks to hold on to ever larger ones. A
worker with some twenty threads that draw labels and shrink photos grew by 150 MB in two minutes of load that way, and
by 30 MB with these limits (``benchmarks/soak.py``).
"""

import asyncio
import ctypes
import sys

# Parameters of mallopt(3), from glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
ARENAS = 2
LARGE_BYTES = 256 * 1024  # such a block goes back to the system as soon as it is free
LOOSE_BYTES = 1024 * 1024  # so much free memory at the end of an arena is given back
EVERY_SECONDS = 10.0


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None


def give_memory_back() -> None:
    """Set the limits for this process, before it has threads. Does nothing where the allocator is another one."""
    if (library := _glibc()) is not None:
        for parameter, value in ((_ARENA_MAX, ARENAS), (_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, LOOSE_BYTES)):
            library.mallopt(parameter, value)


async def keep_giving_back() -> None:
    """Now and then give back what is free in between, too: 20 MB after a minute of load, in a millisecond or two."""
    library = _glibc()
    while library is not None:
        await asyncio.sleep(EVERY_SECONDS)
        await asyncio.to_thread(library.malloc_trim, 0)
