"""The web application: a page of its own, and `POST /parse`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import UploadFile

from .. import __version__
from ..errors import UserError
from ..inference import FaceParser
from ..page import FILES, MATTES
from .answers import describe, parse_upload, png
from .limits import Limits, Place, Queue, Refusal

# The page loads nothing from elsewhere and is shown in no other page.
HEADERS = {
    'Content-Security-Policy': "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' data:; "
    "frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
}
UPLOAD = {
    'requestBody': {
        'required': True,
        'description': 'The file of a photo as it is, or a form (multipart/form-data) with one file.',
        'content': {
            'image/*': {'schema': {'type': 'string', 'format': 'binary'}},
            'multipart/form-data': {
                'schema': {
                    'type': 'object',
                    'properties': {'photo': {'type': 'string', 'format': 'binary'}},
                }
            },
        },
    },
}
STATUSES: dict[int | str, dict[str, Any]] = {
    200: {'content': {'application/json': {}, 'image/png': {}}},
    404: {'description': 'There is no model of that name.'},
    408: {'description': 'The upload took too long.'},
    413: {'description': 'The photo has too many bytes or pixels.'},
    415: {'description': 'It is no photo, or of an unknown format.'},
    422: {'description': 'The photo is damaged, or a parameter is wrong.'},
    500: {'description': 'A defect of the server; its log holds the traceback.'},
    503: {'description': 'The queue is full; `Retry-After` says when to come again.'},
}


class Output(str, Enum):
    """What `POST /parse` answers."""

    json = 'json'
    labels = 'labels'
    overlay = 'overlay'
    coco = 'coco'


class Matte(str, Enum):
    """Soft masks that can be added to the answer."""

    hair = 'hair'
    lips = 'lips'


def create_app(parsers: Mapping[str, FaceParser], limits: Limits | None = None) -> FastAPI:
    """Return the application that serves these models.

    Args:
        parsers: by the names that people see; the first is the default.
    """
    limits = limits or Limits()
    app = FastAPI(
        title='facenext',
        version=__version__,
        description='The parts of the faces in a photo.',
        docs_url=None,  # FastAPI's own page loads its scripts from the internet
        redoc_url=None,
    )
    app.state.queue = queue = Queue(limits)
    pool = ThreadPoolExecutor(limits.workers, 'parsing')
    default = next(iter(parsers))

    @app.middleware('http')
    async def add_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await go_on(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(Refusal)
    async def refuse(request: Request, refusal: Refusal) -> JSONResponse:
        headers = {'Retry-After': str(refusal.retry_after)} if refusal.retry_after else None
        return JSONResponse({'detail': str(refusal)}, refusal.status, headers)

    @app.exception_handler(UserError)
    async def explain(request: Request, error: UserError) -> JSONResponse:
        return JSONResponse({'detail': str(error)}, 422)

    @app.exception_handler(Exception)
    async def regret(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({'detail': 'the server failed; its log says more'}, 500)

    @app.post('/parse', responses=STATUSES, openapi_extra=UPLOAD, response_class=Response)
    async def parse(
        request: Request,
        model: Annotated[str, Query(description='one of `GET /models`')] = default,
        output: Annotated[
            Output,
            Query(
                description='`labels`: the ids as grey PNG; `overlay`: the photo with coloured parts; `coco`: polygons'
            ),
        ] = Output.json,
        detect: Annotated[
            bool, Query(description='look for faces; if not, the whole photo is one face')
        ] = True,
        matte: Annotated[list[Matte] | None, Query(description='soft masks to add to the JSON')] = None,
        polygons: Annotated[bool, Query(description="add the parts in COCO's format to the JSON")] = False,
        photo: Annotated[
            bool, Query(description='add the photo, upright, for browsers that cannot show it')
        ] = False,
    ) -> Response:
        """Parse a photo.

        Labels and mattes in the JSON are `data:` addresses of grey PNG files as large as the photo. Nothing is kept.
        """
        if model not in parsers:
            raise Refusal(404, f'there is no model {model!r}; expected one of {", ".join(parsers)}')

        def work(content: bytes) -> Response:
            result = parse_upload(parsers[model], content, limits.pixels, detect)
            if output is Output.labels:
                return Response(png(result.labels), media_type='image/png')
            if output is Output.overlay:
                return Response(png(result.overlay()), media_type='image/png')
            said = (
                result.to_coco()
                if output is Output.coco
                else describe(model, result, [each.value for each in matte or ()], polygons, photo)
            )
            return Response(json.dumps(said), media_type='application/json')

        async with queue.place() as place:
            content = await _upload(request, place)
            async with queue.working:
                if await request.is_disconnected():
                    return Response(status_code=499)
                return await asyncio.get_running_loop().run_in_executor(pool, work, content)

    @app.get('/models')
    def models() -> dict[str, Any]:
        """Return the models' names and classes, and what the server refuses."""
        return {
            'models': [
                {'name': name, 'classes': list(parser.label_space.titles)} for name, parser in parsers.items()
            ],
            'mattes': list(MATTES),
            'max_bytes': limits.bytes,
            'max_pixels': limits.pixels,
        }

    @app.get('/', include_in_schema=False)
    def index() -> FileResponse:
        return FileResponse(FILES / 'index.html')

    @app.get('/docs', include_in_schema=False)
    def docs() -> FileResponse:
        return FileResponse(FILES / 'docs.html')

    app.mount('/page', StaticFiles(directory=FILES))
    return app


async def _upload(request: Request, place: Place) -> bytes:
    """Return the photo's file: the body of a request, or the first file of its form.

    Raises:
        Refusal: see `Place.read`; 415 for an empty body, 422 for a form without a file.
    """
    content = await place.read(request.stream(), patient='expect' not in request.headers)
    if request.headers.get('content-type', '').startswith('multipart/form-data'):

        async def receive() -> dict[str, Any]:
            return {'type': 'http.request', 'body': content, 'more_body': False}

        async with Request(request.scope, receive).form(max_files=1) as form:
            files = [each for each in form.values() if isinstance(each, UploadFile)]
            if not files:
                raise Refusal(422, 'the form holds no file; expected one photo')
            content = await files[0].read()
    if not content:
        raise Refusal(415, 'the upload is empty; expected the file of a photo')
    return content
