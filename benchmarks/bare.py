"""The framework with one empty handler, on the same server with the same settings as ours: what an answer costs."""

import sys

import uvicorn
from litestar import Litestar, get


@get("/", sync_to_thread=False)
def empty() -> dict[str, str]:
    """Answer as ``/healthz`` does, with nothing around it."""
    return {"status": "ok"}


app = Litestar([empty], openapi_config=None, logging_config=None)

if __name__ == "__main__":
    uvicorn.run(
        "benchmarks.bare:app",
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
        log_config=None,
    )
