"""Photos of strangers made harmless: decoded, turned upright, written anew without anything that came with them (place, camera, thumbnails)."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

kinds = ("JPEG", "PNG", "WEBP")
most_pixels = 40_000_000
most_bytes = 20_000_000


class PictureError(ValueError):
    """No photo that we keep; the text says why and what to do, `zh` the same in Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


def cleaned(content: bytes) -> tuple[str, bytes]:
    """The same picture with nothing but its pixels: ("jpg" | "png" | "webp", bytes). Raises PictureError."""
    picture = _opened(content)
    kind = str(picture.format)
    try:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        mode = upright.mode
        if kind == "JPEG" or mode not in ("L", "LA", "RGB", "RGBA", "P"):
            upright = upright.convert("L" if mode in ("L", "1", "I;16") else "RGBA" if mode in ("LA", "PA", "RGBa") and kind != "JPEG" else "RGB")
        bare = Image.frombytes(upright.mode, upright.size, upright.tobytes())
        if upright.mode == "P" and upright.palette is not None:
            bare = upright.convert("RGBA")
            bare.info.clear()
    except (OSError, ValueError, SyntaxError, EOFError) as problem:
        raise _damaged() from problem
    out = io.BytesIO()
    options = {"JPEG": {"quality": 88, "optimize": True}, "PNG": {"optimize": False}, "WEBP": {"quality": 88}}[kind]
    bare.save(out, kind, **options)  # type: ignore[arg-type]
    return {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind], out.getvalue()


def small(content: bytes, most: int = 320) -> bytes:
    """The same picture as a JPEG of at most so many pixels in each direction, upright, on white where it is transparent. Raises PictureError."""
    picture = _opened(content)
    try:
        picture.draft("RGB", (most, most))  # a large JPEG is read in a smaller size at once
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((most, most))
        colours = upright.convert("RGBA")
        bare = Image.new("RGB", colours.size, "white")
        bare.paste(colours, mask=colours.getchannel("A"))
    except (OSError, ValueError, SyntaxError, EOFError) as problem:
        raise _damaged() from problem
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=80)
    return out.getvalue()


def _damaged() -> PictureError:
    return PictureError("The picture is damaged. Take or save it again.", "图片已损坏，请重新拍摄或保存。")


def _opened(content: bytes) -> Image.Image:
    if len(content) > most_bytes:
        raise PictureError("The picture is larger than 20 MB. Take it with a lower resolution.", "图片超过 20 MB，请降低分辨率后重新拍摄。")
    try:
        picture = Image.open(io.BytesIO(content), formats=kinds)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise PictureError("This is no JPEG, PNG or WebP picture. Save it as one of them.", "不是 JPEG、PNG 或 WebP 图片，请另存为其中一种。") from problem
    if picture.width * picture.height > most_pixels:
        raise PictureError("The picture has more than 40 megapixels. Make it smaller.", "图片超过 4000 万像素，请缩小后再上传。")
    return picture
