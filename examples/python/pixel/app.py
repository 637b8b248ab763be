"""Draws one pixel: `/pixel?color=ff8800` is a PNG of that colour. Bytes are answered as they are."""

import struct
import zlib

from vestibule import BadRequest, Context, Event, Response


def handle(event: Event, context: Context) -> Response:
    try:
        color = bytes.fromhex(event.query.get("color", "ff8800"))
    except ValueError:
        color = b""
    if len(color) != 3:
        raise BadRequest("query: `color` is six hexadecimal digits, as ff8800")
    return Response.bytes(png(color), "image/png").with_header("cache-control", "public, max-age=3600")


def png(color: bytes) -> bytes:
    # One row of one pixel, in eight bits each of red, green and blue; each row says first that it is unfiltered.
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" + color)) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
