"""The Cranfield collection: 1,400 abstracts on aerodynamics, 225 questions, relevance judgements."""

import gzip
import re
from pathlib import Path

from collection import Collection, Document, Query

SOURCE = Path(__file__).parent / "cranfield"
DOCUMENTS = 1400
QUERIES = 225
RELEVANT_ROWS = 1612


def read_source(name: str) -> str:
    """Returns the text of a compressed source file."""
    return gzip.decompress((SOURCE / f"{name}.gz").read_bytes()).decode("utf-8")


def field(record: str, tag: str) -> str:
    """Returns the text inside <tag>, on one line; an absent element is empty."""
    found = re.search(rf"<{tag}>(.*?)</{tag}>", record, re.DOTALL)
    return " ".join(found.group(1).split()) if found else ""


def read_records() -> list[tuple[str, str]]:
    """Returns the number and the record of each document, as text: the file is not one well-formed XML tree."""
    records = re.split(r"<docno>", read_source("cran.all.1400.xml"))[1:]
    return [(record[: record.index("<")].strip(), record) for record in records]


def load() -> Collection:
    """Returns the collection.

    Judgements name a query by its position, 1 to 225, not by its <num>. Rows of grade 0 or lower are not relevant.
    """
    documents = []
    for number, record in read_records():
        if number != str(len(documents) + 1):
            raise ValueError(f"documents out of order: expected {len(documents) + 1}, got {number}")
        documents.append(Document(number, field(record, "title"), field(record, "text")))
    queries = []
    for record in re.findall(r"<top>.*?</top>", read_source("cran.qry.xml"), re.DOTALL):
        number = int(re.search(r"<num>\s*(\d+)", record).group(1))
        queries.append(Query(str(number), field(record, "title")))
    judgements = []
    for line in read_source("cranqrel.trec.txt").splitlines():
        query, _, document, grade = (int(part) for part in line.split())
        if grade > 0:
            judgements.append((query - 1, document - 1, grade))
    found = (len(documents), len(queries), len(judgements))
    if found != (DOCUMENTS, QUERIES, RELEVANT_ROWS):
        raise ValueError(
            f"unexpected counts of documents, queries and judgements: expected "
            f"{(DOCUMENTS, QUERIES, RELEVANT_ROWS)}, got {found}"
        )
    return Collection(documents, queries, judgements)
