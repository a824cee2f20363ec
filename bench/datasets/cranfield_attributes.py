"""Who wrote a document of the Cranfield collection, when and where it appeared: its bibliographic fields as attributes."""

import json
import re

from cranfield_collection import field, read_records

RULE = (
    "attributes.jsonl has one object per document, in the order of documents.jsonl. Values are the collection's own texts with "
    "white space made single; nothing in them is corrected, and a field that is empty there is absent. source is the whole "
    "bibliographic line (bib): where the document appeared or, for some, where the author worked. author is a list where the line "
    "names several; a line that can be read in more than one way stays one text. year is a number from 1900 to 1969 in the "
    "bibliographic line that is by itself, not a part of a report's number or a range of pages; it is absent unless there is "
    "exactly one such number."
)

# After white space, a comma or a bracket, or directly after "scs." as in "j. ae. scs.1960": not "tn.1559", "cp.1913", "1950-1".
YEAR = re.compile(r"(?:(?<![^\s,(])|(?<=\bscs\.))19[0-6][0-9](?![0-9a-z/-])")
# "fung,y.c." and "ferri, a. zakkay, v."
INITIALS = r"(?:[a-z]\. ?)*[a-z]\."
INVERTED = re.compile(rf"([a-z][a-z'/ -]*, ?{INITIALS}(?: /jnr\./)?)(?:,? |$)")
# "robert j. whalen"; the last word is a family name, not "ae." or "r.a.e."
STRAIGHT = re.compile(r"(?:[a-z/-]+\.? )+[a-z/-]{3,}")


def authors_of(line: str) -> list[str]:
    """Returns the authors that a line names; the line itself, if it can be read in more than one way."""
    found: list[str] = []
    for part in re.split(r",? and ", line):
        inverted = INVERTED.findall(part)
        straight = part.split(", ")
        if inverted and INVERTED.sub("", part) == "":
            found += inverted
        elif all(STRAIGHT.fullmatch(name) for name in straight) or "," not in part:
            found += straight
        else:
            return [line]
    return found


def year_of(line: str) -> int | None:
    """Returns the year of a bibliographic line, if one can be read with certainty."""
    years = set(YEAR.findall(line))
    return int(years.pop()) if len(years) == 1 else None


def attributes_of(number: str, record: str) -> dict:
    """Returns the attributes of the document with this number, from its record."""
    authors = authors_of(field(record, "author"))
    source = field(record, "bib")
    found = {
        "id": number,
        "title": field(record, "title"),
        "author": authors if len(authors) > 1 else authors[0],
        "year": year_of(source),
        "source": source,
    }
    return {name: value for name, value in found.items() if value not in ("", None)}


def lines(ids: list[str]) -> list[str]:
    """Returns the attributes of the documents with these ids, each as JSON on one line."""
    records = dict(read_records())
    return [json.dumps(attributes_of(number, records[number]), ensure_ascii=False) for number in ids]
