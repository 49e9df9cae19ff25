"""An example service: blended recommendations over HTTP, from the files beside it. Put it behind your own proxy.

python service.py [PORT]               needs numpy, pyarrow, starlette and uvicorn; onnxruntime for new users only
GET /recommend?target=42&source=7      also alpha=0.3 (default: the policy's), k=10, target=item:A,B; and GET /health"""

import runpy
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Refused(Exception):
    """A request that is not served: status of the answer; subject, rule, got, fix."""


def service(bundle: Any) -> Starlette:
    """The application over a `Bundle` of serve_blend.py, which does not change while it serves."""

    def user(request: Request, side: str) -> Any:
        try:
            return bundle.user(request.query_params.get(side, ""), side)
        except (KeyError, ValueError) as error:
            raise Refused(422, side, "must be a user or items of the bundle", error.args[0][:80], "Check it.") from None

    def number(request: Request, name: str, kind: type, high: float) -> Any:
        text, low = request.query_params[name], int(kind is int)
        with suppress(ValueError):
            if low <= kind(text) <= high:
                return kind(text)
        raise Refused(422, name, f"must be a number from {low} to {high:g}", text[:80], "Use a value in that range.")

    def recommend(request: Request) -> JSONResponse:
        asked = request.query_params
        own = asked.get("target") == asked.get("source")
        try:
            target, source = (user(request, side) for side in ("target", "source"))
            alpha = number(request, "alpha", float, 1) if "alpha" in asked else bundle.alpha(target, source, own)
            k = number(request, "k", int, 100) if "k" in asked else 10
            return JSONResponse({"alpha": alpha, "items": bundle.recommend(target, source, alpha, k, own)})
        except (RuntimeError, ValueError) as error:  # no encoder here, or weights that leave nothing of the source
            raise Refused(409, "the pair", "must be one that can be served", str(error), "Name other users.") from None

    def refuse(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse(dict(zip(("subject", "rule", "got", "fix"), error.args[1:], strict=True)), error.args[0])

    routes = [Route("/recommend", recommend), Route("/health", lambda _: JSONResponse({"items": len(bundle.item_ids)}))]
    return Starlette(routes=routes, exception_handlers={Refused: refuse})


if __name__ == "__main__":
    made = runpy.run_path(str(Path(__file__).with_name("serve_blend.py")))["Bundle"](Path(__file__).parent)
    uvicorn.run(service(made), port=int([*sys.argv, "8000"][1]))
