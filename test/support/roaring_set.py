"""Reads a set of numbers in the Roaring format for 32 bits (https://github.com/RoaringBitmap/RoaringFormatSpec)."""

import struct


def roaring(data):
    """The numbers in a serialized bitmap."""
    cookie = struct.unpack_from("<I", data)[0]
    if cookie & 0xFFFF == 12347:
        count, at = (cookie >> 16) + 1, 4
        runs = data[at : at + (count + 7) // 8]
        at += len(runs)
        offsets = count >= 4
    else:
        if cookie != 12346:
            raise SystemExit("the file breaks the format: a bitmap without its cookie")
        count, at, runs, offsets = struct.unpack_from("<I", data, 4)[0], 8, None, True
    heads = [struct.unpack_from("<HH", data, at + 4 * i) for i in range(count)]
    at += 4 * count + (4 * count if offsets else 0)
    numbers = set()
    for i, (key, less) in enumerate(heads):
        high, size = key << 16, less + 1
        if runs is not None and runs[i // 8] >> (i % 8) & 1:
            pairs = struct.unpack_from("<H", data, at)[0]
            at += 2
            for _ in range(pairs):
                first, more = struct.unpack_from("<HH", data, at)
                at += 4
                numbers.update(range(high + first, high + first + more + 1))
        elif size <= 4096:
            numbers.update(high + low for low in struct.unpack_from(f"<{size}H", data, at))
            at += 2 * size
        else:
            bits = int.from_bytes(data[at : at + 8192], "little")
            numbers.update(high + low for low in range(65536) if bits >> low & 1)
            at += 8192
    return numbers
