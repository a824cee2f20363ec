"""Reads an index file of format version 1, written from native/core/src/format/FORMAT.md alone, with Python's own library.

python3 read_index.py FILE prints one JSON object: digest, counts, and of each document its position, id, fields, attributes and restored
vectors. Every checksum is verified. A file that breaks the format ends it with exit code 1 and a sentence.
"""

import json
import struct
import sys
from pathlib import Path

from blake3_hash import blake3
from roaring_set import roaring

MAGIC = b"MAXSIMD\0"


def require(holds, what):
    """Ends with a sentence unless the format is kept."""
    if not holds:
        raise SystemExit(f"the file breaks the format: {what}")


class Container:
    """The sections of a file, by id, after every checksum was verified."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        require(data[:8] == MAGIC, "magic")
        version, order, count, header, length = struct.unpack_from("<IIIIQ", data, 8)
        require(order == 0x01020304, "byte order mark")
        require(version == 1, f"version {version}, and this reader knows 1")
        require(length == len(data), f"length {length}, and the file has {len(data)} bytes")
        self.digest = data[header - 32 : header]
        require(blake3(data[: header - 32]) == self.digest, "digest of the header")
        require(not any(data[64:96]) and not any(data[96 + 56 * count : header - 32]), "zeros in the header")
        self.sections = {}
        entries = [struct.unpack_from("<IIQQ32s", data, 96 + 56 * i) for i in range(count)]
        end = header
        for i, (section, zero, offset, size, checksum) in enumerate(entries):
            alignment = 64 if size < 65536 else 4096
            require(zero == 0 and section not in self.sections, f"entry of section {section}")
            require(offset == -(-end // alignment) * alignment, f"offset of section {section}")
            end = offset + size
            after = entries[i + 1][2] if i + 1 < count else len(data)
            require(blake3(data[offset:after]) == checksum, f"checksum of section {section}")
            require(not any(data[end:after]), f"zeros after section {section}")
            self.sections[section] = data[offset:end]
        require(-(-end // 64) * 64 == len(data), "end of the last section")

    def values(self, section, kind):
        """The numbers of a section; kind is a character of the module struct."""
        data = self.sections.get(section, b"")
        return struct.unpack(f"<{len(data) // struct.calcsize(kind)}{kind}", data)

    def json(self, section):
        """The JSON in a section."""
        return json.loads(self.sections[section].decode("utf-8"))


class Counts:
    """Section 1."""

    def __init__(self, container):
        self.bytes = container.sections[1]
        require(len(self.bytes) == 80, "length of section 1")
        fields = struct.unpack("<10I5Q", self.bytes)
        self.kind, self.dim, self.subspaces = fields[:3]
        self.groups = fields[9]
        self.documents, self.tokens, self.centroids, self.list_entries, self.types = fields[10:]


class Codec:
    """What restores vectors."""

    def __init__(self, container):
        self.container = container
        self.counts = Counts(container)
        self.mean = container.values(4, "f")
        self.centroids = container.values(6, "e")
        self.words = container.values(14, "f")
        self.rotation = container.values(25, "f")

    def identity(self):
        """The BLAKE3 of its parts."""
        counts = bytearray(self.counts.bytes)
        counts[40:56] = bytes(16)
        counts[64:72] = bytes(8)
        text = bytearray()
        for section in [1, 4, 6, 7, 8, 9, 10, 11, 25, 22, 23, 24, 14, 18, 19, 20, 21]:
            part = counts if section == 1 else self.container.sections.get(section, b"")
            text += struct.pack("<IQ", section, len(part)) + part
        return blake3(bytes(text)).hex()

    def restore(self, centroid, norm, codes):
        """mean + transposed rotation · (centroid + norm · words)"""
        dim, parts = self.counts.dim, self.counts.subspaces
        row = []
        for part, code in enumerate(codes):
            first, last = part * dim // parts, (part + 1) * dim // parts
            at = 256 * first + code * (last - first)
            row += self.words[at : at + last - first]
        base = self.centroids[centroid * dim : (centroid + 1) * dim]
        row = [c + norm * word for c, word in zip(base, row)]
        if self.rotation:
            row = [sum(self.rotation[i * dim + j] * row[i] for i in range(dim)) for j in range(dim)]
        return [value + mean for value, mean in zip(row, self.mean)]


class Segment:
    """Documents."""

    def __init__(self, container):
        self.container = container
        self.counts = Counts(container)
        self.offsets = container.values(3, "Q")
        require(len(self.offsets) == self.counts.documents + 1, "length of section 3")
        require(self.offsets[0] == 0 and self.offsets[-1] == self.counts.tokens, "ends of section 3")
        self.ids = self.texts(29, 30)
        self.fields = self.texts(33, 34)

    def texts(self, offsets, content):
        """One text for each document; None if there are no such sections."""
        if offsets not in self.container.sections:
            return None
        ends, data = self.container.values(offsets, "Q"), self.container.sections[content]
        return [data[a:b].decode("utf-8") for a, b in zip(ends, ends[1:])]

    def vectors(self, codec, document):
        """The vectors of a document's tokens."""
        dim, parts = codec.counts.dim, codec.counts.subspaces
        tokens = range(self.offsets[document], self.offsets[document + 1])
        if codec.counts.kind == 1:
            values = self.container.values(5, "e")
            return [list(values[t * dim : (t + 1) * dim]) for t in tokens]
        centroids, norms = self.container.values(15, "I"), self.container.values(16, "e")
        codes = self.container.sections[17]
        return [codec.restore(centroids[t], norms[t], codes[t * parts : (t + 1) * parts]) for t in tokens]

    def lists(self):
        """The inverted lists: from a centroid to its documents."""
        ends, documents = self.container.values(12, "Q"), self.container.values(13, "I")
        named = 26 in self.container.sections
        centroids = self.container.values(26, "I") if named else range(len(ends) - 1)
        return {c: set(documents[a:b]) for c, a, b in zip(centroids, ends, ends[1:])}

    def attributes(self):
        """For each document its attributes, as the columns have them."""
        found = [{} for _ in range(self.counts.documents)]
        if 31 not in self.container.sections:
            return found
        for entry in self.container.json(31):
            where = entry["bytes"]
            column = Column(self.container.sections[32][where["start"] : where["end"]])
            for document, value in column.pairs(entry["type"]):
                found[document].setdefault(entry["name"], []).append(value)
        return found


class Column:
    """Reads the parts of a column one after another."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        part = self.data[self.at : self.at + length]
        require(len(part) == length, "length of a column")
        self.at = -(-(self.at + length) // 8) * 8
        return part

    def numbers(self, kind, count):
        return struct.unpack(f"<{count}{kind}", self.take(count * struct.calcsize(kind)))

    def sized(self):
        return self.take(self.numbers("Q", 1)[0])

    def pairs(self, kind):
        """Documents with their values, in the order of the values."""
        present = roaring(self.sized())
        count = self.numbers("Q", 1)[0]
        if kind in ("integer", "timestamp", "float"):
            values = self.numbers("d" if kind == "float" else "q", count)
            pairs = list(zip(self.numbers("I", count), values))
        else:
            texts, sets = self.numbers("Q", count + 1), self.numbers("Q", count + 1)
            text, bitmaps = self.sized(), self.sized()
            pairs = []
            for i in range(count):
                value = text[texts[i] : texts[i + 1]].decode("utf-8")
                value = value == "true" if kind == "boolean" else value
                pairs += [(document, value) for document in sorted(roaring(bitmaps[sets[i] : sets[i + 1]]))]
        require({document for document, _ in pairs} <= present, "documents of a column")
        return pairs


def version(path):
    """The codec, and the segments with their deleted documents, of the version in a file."""
    container = Container(path)
    if 35 not in container.sections:
        return container, Codec(container), [(Segment(container), set())]
    manifest = container.json(35)
    folder, opened = Path(path).parent, {}

    def part(named):
        if named["file"] not in opened:
            opened[named["file"]] = Container(folder / named["file"])
        found = opened[named["file"]]
        require(found.digest.hex() == named["digest"], f"digest of {named['file']}")
        return found

    codec = Codec(part(manifest["codec"]))
    require(codec.identity() == manifest["codecIdentity"], "identity of the codec")
    segments = []
    for entry in manifest["segments"]:
        segment, where = Segment(part(entry)), entry["bitmap"]
        named = segment.container.sections.get(27)
        require(named is None or named.hex() == manifest["codecIdentity"], "codec of a segment")
        data = container.sections[36][where["start"] : where["end"]]
        deleted = roaring(data) if data else set()
        require(len(deleted) == entry["deleted"], "number of deleted documents")
        segments.append((segment, deleted))
    return container, codec, segments


def read(path):
    """The version in a file as an object."""
    container, codec, segments = version(path)
    documents, position = [], 0
    for segment, deleted in segments:
        attributes = segment.attributes()
        for document in range(segment.counts.documents):
            if document not in deleted:
                documents.append(
                    {
                        "position": position,
                        "id": segment.ids[document] if segment.ids else str(position),
                        "fields": json.loads(segment.fields[document]) if segment.fields else {},
                        "attributes": attributes[document],
                        "vectors": segment.vectors(codec, document),
                    }
                )
            position += 1
        if codec.counts.kind == 0:
            check_lists(segment)
    return {
        "digest": container.digest.hex(),
        "dim": codec.counts.dim,
        "centroids": codec.counts.centroids,
        "documents": documents,
    }


def check_lists(segment):
    """Every document is in the list of each of its tokens' centroids, and nowhere else."""
    expected, centroids = {}, segment.container.values(15, "I")
    for document, (first, last) in enumerate(zip(segment.offsets, segment.offsets[1:])):
        for token in range(first, last):
            expected.setdefault(centroids[token], set()).add(document)
    found = {centroid: documents for centroid, documents in segment.lists().items() if documents}
    require(found == expected, "inverted lists")


if __name__ == "__main__":
    json.dump(read(sys.argv[1]), sys.stdout)
