import zlib

from app import handle
from vestibule import Event
from vestibule.testing import call


def test_is_a_picture_of_this_colour() -> None:
    response = call(handle, Event.get("/pixel?color=0a0b0c"))
    assert response.header("content-type") == "image/png"
    assert response.body.startswith(b"\x89PNG\r\n\x1a\n")
    packed = response.body.split(b"IDAT")[1].split(b"IEND")[0]
    assert zlib.decompressobj().decompress(packed) == b"\0\x0a\x0b\x0c"


def test_takes_colours_alone() -> None:
    for color in ("red", "fff", "0a0b0c0d"):
        assert call(handle, Event.get(f"/pixel?color={color}")).status == 400
