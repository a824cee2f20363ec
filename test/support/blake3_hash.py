"""BLAKE3 of up to some hundred kilobytes, from its specification (https://github.com/BLAKE3-team/BLAKE3-specs): hashes only, no keys."""

import struct

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
MASK = 0xFFFFFFFF


def turned(value, bits):
    """A 32-bit number rotated to the right."""
    return (value >> bits | value << (32 - bits)) & MASK


def compress(chain, words, counter, length, flags):
    """The eight words that a block of 16 words leaves."""
    state = [*chain, *IV[:4], counter & MASK, counter >> 32, length, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(COLUMNS + DIAGONALS):
            for word, right_d, right_b in ((words[2 * i], 16, 12), (words[2 * i + 1], 8, 7)):
                state[a] = (state[a] + state[b] + word) & MASK
                state[d] = turned(state[d] ^ state[a], right_d)
                state[c] = (state[c] + state[d]) & MASK
                state[b] = turned(state[b] ^ state[c], right_b)
        words = [words[place] for place in ORDER]
    return [state[i] ^ state[i + 8] for i in range(8)]


def chunk(data, counter, root):
    """The words of up to 1,024 bytes."""
    chain = list(IV)
    blocks = [data[i : i + 64] for i in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        last = i + 1 == len(blocks)
        flags = (CHUNK_START if i == 0 else 0) | (CHUNK_END if last else 0) | (ROOT if last and root else 0)
        words = struct.unpack("<16I", block.ljust(64, b"\0"))
        chain = compress(chain, words, counter, len(block), flags)
    return chain


def tree(data, first, root):
    """The words of data whose first chunk has the number first."""
    if len(data) <= 1024:
        return chunk(data, first, root)
    left = 1024
    while 2 * left < len(data):
        left *= 2
    words = tree(data[:left], first, False) + tree(data[left:], first + left // 1024, False)
    return compress(list(IV), words, 0, 64, PARENT | (ROOT if root else 0))


def blake3(data):
    """The 32 bytes of the hash."""
    return struct.pack("<8I", *tree(data, 0, True))
