#!/usr/bin/env python3
"""Small image files of every kind that decodeImage reads, with the pixels that PIL has for them.

    python3 image_fixtures.py        rewrites packages/transforms/tests/fixtures/images/*.json

Each maps names to { file, width, height, pixels }: the file's bytes and the upright image's convert('RGB'), in base64.
What PIL cannot write is put together here, byte by byte. Needs Debian's python3-pil (Pillow 9.4).
"""
import base64, io, json, os, struct, zlib
from PIL import Image, ImageOps

OUT = os.path.join(os.path.dirname(__file__), "../../packages/transforms/tests/fixtures/images")
W, H = 9, 5


def samples(count, seed=0, limit=256):
    """Numbers that look random and are always the same."""
    out, state = [], seed * 7919 + 1
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append((state >> 12) % limit)
    return out


def picture(mode="RGB", size=(W, H), seed=0):
    w, h = size
    return Image.frombytes(mode, size, bytes(samples(w * h * len(Image.new(mode, (1, 1)).getbands()), seed)))


def smooth(size=(24, 16)):
    w, h = size
    pixels = [((x * 10) % 256, (y * 15) % 256, (x * y) % 256) for y in range(h) for x in range(w)]
    image = Image.new("RGB", size)
    image.putdata(pixels)
    return image


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


# GIF

def lzw(indices, bits):
    """Codes of every index by itself; a clear code comes before codes would grow."""
    clear, codes, since = 1 << bits, [1 << bits], 0
    for index in indices:
        if since == (1 << bits) - 2:
            codes.append(clear)
            since = 0
        codes.append(index)
        since += 1
    codes.append(clear + 1)
    number = sum(code << (bits + 1) * i for i, code in enumerate(codes))
    data = number.to_bytes(((bits + 1) * len(codes) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif_frame(indices, left, top, w, h, transparent=None, palette=None, interlaced=False, bits=3, dispose=0):
    control = b""
    if transparent is not None or dispose:
        control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, dispose << 2 | (transparent is not None), 10, transparent or 0, 0)
    flags = (0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0) | (0x40 if interlaced else 0)
    return control + struct.pack("<BHHHHB", 0x2C, left, top, w, h, flags) + (palette or b"") + lzw(indices, bits)


def gif(w, h, *frames, palette=None, background=0):
    flags = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    return b"GIF89a" + struct.pack("<HHBBB", w, h, flags, background, 0) + (palette or b"") + b"".join(frames) + b";"


def gifs():
    colours, other = bytes(samples(24, 1)), bytes(samples(24, 2))
    whole = samples(W * H, 3, 8)
    part = samples(12, 4, 8)
    frame = gif_frame(whole, 0, 0, W, H)
    yield "transparent white", gif(2, 1, gif_frame([0, 1], 0, 0, 2, 1, transparent=0, bits=2), palette=b"\xff\xff\xff\x10\x20\x30")
    yield "transparent", gif(W, H, gif_frame(whole, 0, 0, W, H, transparent=3), palette=colours)
    yield "opaque", gif(W, H, frame, palette=colours)
    yield "part of the canvas", gif(W, H, gif_frame(part, 2, 1, 4, 3), palette=colours, background=5)
    yield "transparent part of the canvas", gif(W, H, gif_frame(part, 2, 1, 4, 3, transparent=6), palette=colours)
    yield "beyond the canvas", gif(3, 2, gif_frame(part, 1, 1, 4, 3), palette=colours)
    yield "palette of the frame", gif(W, H, gif_frame(whole, 0, 0, W, H, palette=other), palette=colours)
    yield "only a palette of the frame", gif(W, H, gif_frame(whole, 0, 0, W, H, palette=other))
    yield "no palette", gif(W, H, frame)
    yield "palette shorter than the codes", gif(W, H, frame, palette=colours[:12])
    yield "interlaced", gif(5, 19, gif_frame(samples(95, 5, 8), 0, 0, 5, 19, interlaced=True), palette=colours)
    second = gif_frame(part, 1, 1, 4, 3, transparent=1, dispose=2)
    yield "animated", gif(W, H, gif_frame(whole, 0, 0, W, H, transparent=2, dispose=2), second, palette=colours)
    yield "comment and loop", gif(W, H, b"\x21\xfe\x03abc\0\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", frame, palette=colours)
    yield "without end", gif(W, H, frame, palette=colours)[:-1]
    yield "long codes", saved(picture("L", (40, 30)).quantize(256), "GIF")
    yield "runs", saved(smooth((64, 48)).quantize(16), "GIF")


# PNG and WebP

def png(w, h, depth, colour, rows, *chunks):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, 0))
    lines = b"".join(b"\0" + row for row in rows)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*c) for c in chunks) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def lines(data, stride):
    return [bytes(data[i:i + stride]) for i in range(0, len(data), stride)]


def exif(orientation, kind=3):
    entry = struct.pack("<HHII", 0x0112, kind, 1, orientation)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def pngs():
    yield "RGB", saved(picture(), "PNG")
    yield "RGBA, some of it transparent", saved(picture("RGBA"), "PNG")
    rgba = Image.frombytes("RGBA", (2, 1), bytes([255, 255, 255, 0, 10, 20, 30, 0]))
    yield "RGBA, all of it transparent", saved(rgba, "PNG")
    yield "grey with alpha", saved(picture("LA"), "PNG")
    yield "grey", saved(picture("L"), "PNG")
    palette = bytes(samples(48, 6))
    indices = samples(W * H, 7, 16)
    yield "palette", png(W, H, 8, 3, lines(indices, W), (b"PLTE", palette))
    yield "palette with transparency", png(W, H, 8, 3, lines(indices, W), (b"PLTE", palette), (b"tRNS", bytes(samples(16, 8)) ))
    yield "palette with one transparent colour", png(2, 1, 8, 3, [b"\0\1"], (b"PLTE", b"\xff\xff\xff\1\2\3"), (b"tRNS", b"\0"))
    yield "palette of 4 bits", png(8, H, 4, 3, lines(samples(4 * H, 9), 4), (b"PLTE", palette), (b"tRNS", b"\0\x80"))
    yield "one bit", png(16, 3, 1, 0, lines(samples(6, 10), 2))
    yield "grey of 2 bits", png(8, 3, 2, 0, lines(samples(6, 10), 2))
    yield "grey with a transparent level", png(W, H, 8, 0, lines(samples(W * H, 11, 4), W), (b"tRNS", b"\0\2"))
    row = [1, 2, 3, 4, 5, 6, 1, 2, 3]
    yield "RGB with a transparent colour", png(3, 2, 8, 2, [bytes(row)] * 2, (b"tRNS", b"\0\1\0\2\0\3"))
    yield "RGB of 16 bits", png(W, H, 16, 2, lines(samples(W * H * 6, 12), W * 6))
    yield "RGBA of 16 bits", png(W, H, 16, 6, lines(samples(W * H * 8, 13), W * 8))
    yield "gamma and chromaticities", png(3, 2, 8, 2, [bytes(row)] * 2, (b"gAMA", struct.pack(">I", 100000)), (b"sRGB", b"\0"))
    for value in (0, 1, 3, 6, 8, 9, 65535):
        yield f"orientation {value}", png(3, 2, 8, 2, [bytes(row), bytes(samples(9, 14))], (b"eXIf", exif(value)))


def webps():
    yield "lossless", saved(picture(), "WEBP", lossless=True)
    yield "lossless, some of it transparent", saved(picture("RGBA"), "WEBP", lossless=True, exact=True)
    yield "lossy", saved(smooth(), "WEBP", quality=80)
    faded = smooth()
    faded.putalpha(Image.frombytes("L", faded.size, bytes(samples(24 * 16, 15))))
    yield "lossy with alpha", saved(faded, "WEBP", quality=80, exact=True)
    frames = [picture("RGBA", (12, 8), seed) for seed in (16, 17)]
    yield "animated", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, exact=True)
    for value in (0, 6, 9):
        yield f"orientation {value}", saved(picture(), "WEBP", lossless=True, exif=b"Exif\0\0" + exif(value))


# TIFF

def tiff(w, h, pixels, photometric, bits, big=False, order="<", extra=(), compression=1):
    """One strip behind the header, then what does not fit into the entries, then the directory."""
    types = {"H": 3, "I": 4}
    head = {True: 16, False: 8}[big]
    data = bytearray(pixels)
    tags = [(256, "I", [w]), (257, "I", [h]), (258, "H", [bits[0]] * len(bits)), (259, "H", [compression]),
            (262, "H", [photometric]), (273, "I", [head]), (277, "H", [len(bits)]), (278, "I", [h]),
            (279, "I", [len(pixels)]), (284, "H", [1]), *extra]
    entries = b""
    for tag, kind, values in sorted(tags):
        raw = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(raw) > (8 if big else 4):
            data += b"\0" * (-len(data) % 8)
            raw, where = struct.pack(order + ("Q" if big else "I"), head + len(data)), raw
            data += where
        entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, types[kind], len(values))
        entries += raw.ljust(8 if big else 4, b"\0")
    data += b"\0" * (-len(data) % 8)
    at = head + len(data)
    mark = b"II" if order == "<" else b"MM"
    count, end = (struct.pack(order + "Q", len(tags)), b"\0" * 8) if big else (struct.pack(order + "H", len(tags)), b"\0" * 4)
    first = struct.pack(order + "HHHQ", 43, 8, 0, at) if big else struct.pack(order + "HI", 42, at)
    return mark + first + bytes(data) + count + entries + end


def words(count, seed, order="<"):
    return struct.pack(f"{order}{count}H", *samples(count, seed, 65536))


def tiffs():
    n = W * H
    rgb, cmyk = bytes(samples(n * 3, 20)), bytes(samples(n * 4, 21))
    yield "RGB", tiff(W, H, rgb, 2, [8] * 3)
    yield "RGB of 16 bits", tiff(W, H, words(n * 3, 22), 2, [16] * 3)
    yield "RGB of 16 bits, big-endian", tiff(W, H, words(n * 3, 22, ">"), 2, [16] * 3, order=">")
    yield "RGBA", tiff(W, H, bytes(samples(n * 4, 23)), 2, [8] * 4, extra=[(338, "H", [2])])
    yield "CMYK", tiff(W, H, cmyk, 5, [8] * 4)
    yield "CMYK of 16 bits", tiff(W, H, words(n * 4, 24), 5, [16] * 4)
    same = tiff(W, H, words(n * 4, 25), 5, [16] * 4)
    yield "CMYK of 16 bits, big-endian", tiff(W, H, words(n * 4, 25, ">"), 5, [16] * 4, order=">"), same
    yield "grey", tiff(W, H, bytes(samples(n, 26)), 1, [8])
    yield "grey, white is zero", tiff(W, H, bytes(samples(n, 26)), 0, [8])
    yield "one bit", tiff(16, 3, bytes(samples(6, 27)), 1, [1])
    yield "one bit, white is zero", tiff(16, 3, bytes(samples(6, 27)), 0, [1])
    colours = [v * 257 for v in samples(768, 28)]
    yield "palette", tiff(W, H, bytes(samples(n, 29)), 3, [8], extra=[(320, "H", colours)])
    yield "BigTIFF", tiff(W, H, rgb, 2, [8] * 3, big=True)
    yield "BigTIFF, CMYK of 16 bits", tiff(W, H, words(n * 4, 24), 5, [16] * 4, big=True)
    yield "BigTIFF, big-endian", tiff(W, H, rgb, 2, [8] * 3, big=True, order=">"), tiff(W, H, rgb, 2, [8] * 3)
    for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield name, saved(picture(seed=30), "TIFF", compression=name)
    for value in (0, 1, 3, 6, 8, 9, 65535):
        yield f"orientation {value}", tiff(W, H, rgb, 2, [8] * 3, extra=[(274, "H", [value])])
    for order in "<>":
        extra = [(274, "H", [0]), (296, "H", [77])]
        name = {"<": "little", ">": "big"}[order]
        yield f"unknown orientation and unit, {name}-endian", tiff(W, H, rgb, 2, [8] * 3, order=order, extra=extra)
        long = tiff(W, H, rgb, 2, [8] * 3, order=order, extra=[(274, "I", [6])])
        yield f"orientation of 32 bits, {name}-endian", long
    yield "BigTIFF, orientation 0", tiff(W, H, rgb, 2, [8] * 3, big=True, extra=[(274, "H", [0])])


# BMP

def rows_of(data, stride):
    """Rows from the last to the first, each filled up to 4 bytes."""
    return b"".join(row + b"\0" * (-stride % 4) for row in reversed(lines(data, stride)))


def bmp(w, h, bits, data, compression=0, palette=b"", size=40, masks=(), colours=0):
    body = struct.pack("<IiiHHIIiiII", max(size, 40), w, h, 1, bits, compression, len(data), 2835, 2835, colours, 0)
    if size == 12:
        body = struct.pack("<IHHHH", 12, w, h, 1, bits)
    extra = struct.pack(f"<{len(masks)}I", *masks)
    body += extra.ljust(max(size - 40, len(extra)), b"\0") if size != 12 else b""
    at = 14 + len(body) + len(palette)
    return b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + body + palette + data


def bmps():
    n = W * H
    rgb = bytes(samples(n * 3, 40))
    colours = b"".join(row + b"\0" for row in lines(samples(768, 41), 3))
    yield "24 bits", bmp(W, H, 24, rows_of(rgb, W * 3))
    yield "24 bits, from the top", bmp(W, -H, 24, rows_of(rgb, W * 3))
    yield "24 bits, by PIL", saved(picture(), "BMP")
    yield "32 bits", bmp(W, H, 32, bytes(samples(n * 4, 42)))
    yield "16 bits", bmp(W, H, 16, rows_of(samples(n * 2, 43), W * 2))
    yield "16 bits, 5-6-5", bmp(W, H, 16, rows_of(samples(n * 2, 43), W * 2), 3, masks=(0xF800, 0x7E0, 0x1F))
    yield "16 bits, 5-5-5", bmp(W, H, 16, rows_of(samples(n * 2, 43), W * 2), 3, masks=(0x7C00, 0x3E0, 0x1F))
    wide = bytes(samples(n * 4, 44))
    yield "32 bits, masks", bmp(W, H, 32, wide, 3, masks=(0xFF000000, 0xFF0000, 0xFF00))
    yield "32 bits, masks of red first", bmp(W, H, 32, wide, 3, size=108, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000))
    yield "32 bits, masks with alpha", bmp(W, H, 32, wide, 3, size=124, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
    yield "32 bits, empty masks", bmp(W, H, 32, wide, 3, size=108)
    yield "8 bits", bmp(W, H, 8, rows_of(samples(n, 45), W), palette=colours)
    yield "8 bits, few colours", bmp(W, H, 8, rows_of(samples(n, 45, 20), W), palette=colours[:40], colours=10)
    yield "8 bits, grey", saved(picture("L"), "BMP")
    yield "4 bits", bmp(W, H, 4, rows_of(samples(5 * H, 46), 5), palette=colours[:64])
    yield "1 bit", bmp(W, H, 1, rows_of(samples(2 * H, 47), 2), palette=colours[:8])
    yield "1 bit, black and white", saved(picture("L").convert("1"), "BMP")
    yield "1 bit, white first", bmp(W, H, 1, rows_of(samples(2 * H, 47), 2), palette=b"\xff\xff\xff\0\0\0\0\0")
    yield "header of 64 bytes", bmp(W, H, 8, rows_of(samples(n, 45), W), palette=colours, size=64)
    yield "header of 12 bytes", bmp(W, H, 24, rows_of(rgb, W * 3), size=12)
    triples = bytes(samples(768, 41))
    yield "header of 12 bytes, 8 bits", bmp(W, H, 8, rows_of(samples(n, 45), W), palette=triples, size=12)
    run8 = bytes([4, 7, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 9, 8, 0, 0, 2, 1, 7, 6, 0, 1])
    yield "8 bits, runs", bmp(9, 3, 8, run8, 1, palette=colours)
    run4 = bytes([4, 0x12, 0, 4, 0x34, 0x56, 1, 0x70, 0, 0, 9, 0x89, 0, 0, 3, 0xAB, 6, 0xCD, 0, 1])
    yield "4 bits, runs", bmp(9, 3, 4, run4, 2, palette=colours[:64])


def pnms():
    n = W * H
    bits = samples(n, 50, 2)
    yield "P1", f"P1\n# a comment\n{W} {H}\n{' '.join(map(str, bits))}\n".encode()
    yield "P1 without spaces", f"P1 {W} {H} {''.join(map(str, bits))}".encode()
    yield "P2", f"P2 {W} {H} 255 {' '.join(map(str, samples(n, 51)))}\n".encode()
    yield "P2 up to 15", f"P2 {W} {H}\n15\n{' '.join(map(str, samples(n, 52, 16)))}".encode()
    yield "P3", f"P3 {W} {H} 255\n# more\n{' '.join(map(str, samples(n * 3, 53)))}\n".encode()
    yield "P3 up to 2", f"P3 {W} {H} 2 {' '.join(map(str, samples(n * 3, 54, 3)))} ".encode()
    yield "P3 up to 65535", f"P3 {W} {H} 65535 {' '.join(map(str, samples(n * 3, 55, 65536)))} ".encode()
    yield "P4", b"P4\n9 5\n" + bytes(samples(2 * H, 56))
    yield "P5", f"P5 {W} {H} 255\n".encode() + bytes(samples(n, 57))
    yield "P5 up to 100", f"P5 {W} {H} 100\n".encode() + bytes(samples(n, 58, 110))
    yield "P6", f"P6\n#one\n#two\n{W} {H}\n255\n".encode() + bytes(samples(n * 3, 59))
    yield "P6 up to 127", f"P6 {W} {H} 127\n".encode() + bytes(samples(n * 3, 60, 128))
    yield "P6 up to 510", f"P6 {W} {H} 510\n".encode() + struct.pack(f">{n * 3}H", *samples(n * 3, 61, 511))
    yield "P6 up to 65535", f"P6 {W} {H} 65535\n".encode() + words(n * 3, 62, ">")


# JPEG

def jpegs():
    plain = saved(smooth(), "JPEG", quality=90)
    yield "baseline", plain
    yield "progressive", saved(smooth(), "JPEG", quality=90, progressive=True)
    yield "CMYK", saved(smooth().convert("CMYK"), "JPEG", quality=90)
    yield "grey", saved(smooth().convert("L"), "JPEG", quality=90)
    scan = plain.index(b"\xff\xda")
    spectral = scan + 2 + struct.unpack(">H", plain[scan + 2:scan + 4])[0] - 3
    yield "scan header that says Ss = Se = 0", plain[:spectral] + b"\0\0\0" + plain[spectral + 3:]
    yield "stray bytes before the end", plain[:-2] + b"\0\1\2\3" + plain[-2:]
    yield "stray bytes before a segment", plain[:scan] + b"\0\0\0" + plain[scan:]
    yield "bytes behind the end", plain + b"thumbnail"
    app = lambda data: b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    for value in (0, 1, 2, 6, 9, 65535):
        yield f"orientation {value}", plain[:2] + app(b"Exif\0\0" + exif(value)) + plain[2:]
    yield "orientation as a string", plain[:2] + app(b"Exif\0\0" + exif(0x36, 2)) + plain[2:]


def upright(image):
    """Turned as its EXIF says; loading turns TIFF already."""
    return image if image.format == "TIFF" else ImageOps.exif_transpose(image)


def text(data):
    return base64.b64encode(data).decode()


def main():
    kinds = {"gif": gifs, "png": pngs, "webp": webps, "tiff": tiffs, "bmp": bmps, "pnm": pnms, "jpeg": jpegs}
    for kind, make in kinds.items():
        cases = {}
        for name, data, *same in make():
            try:
                image = upright(Image.open(io.BytesIO(*same or [data]))).convert("RGB")
            except Exception as error:
                print(f"{kind}, {name}: {error!r}")
                continue
            pixels = text(image.tobytes())
            cases[name] = {"file": text(data), "width": image.width, "height": image.height, "pixels": pixels}
        with open(os.path.join(OUT, f"{kind}.json"), "w") as file:
            json.dump(cases, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
