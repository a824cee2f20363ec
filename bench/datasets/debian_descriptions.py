"""Descriptions of Debian packages: a known-item task. The short description is the question, the long one the answer."""

import bz2
import hashlib
import lzma
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

from collection import Collection, Document, Query

RELEASE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
QUERIES = 1000
QUERY_SEED = 42
# A shorter description ("GNU C preprocessor") is too vague to be a question.
QUERY_WORDS = 4

# The machine's hooks would change its caches, so they are cleared. Indexes are stored uncompressed, so that they can be
# read here.
APT_CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::Languages;
Acquire::Languages {{ "en"; }};
Acquire::GzipIndexes "false";
Dir::State "{directory}/state";
Dir::State::Lists "{directory}/state/lists";
Dir::Cache "{directory}/cache";
Dir::Etc::SourceList "{directory}/sources.list";
Dir::Etc::SourceParts "/dev/null";
APT::Sandbox::User "";
"""


def fetch_translations(directory: Path) -> Path:
    """Returns the file Translation-en of Debian main, fetched with apt into `directory` if it is missing.

    The machine's own package lists are not touched. Raises RuntimeError without apt or network.
    """
    wanted = re.sub(r"^\w+://", "", MIRROR).replace("/", "_") + f"_dists_{RELEASE}_main_i18n_Translation-en"
    target = directory / "state" / "lists" / wanted
    if target.exists():
        return target
    if not shutil.which("apt-get"):
        raise RuntimeError(
            "the Debian corpus is fetched with apt-get, which is not here: run this on Debian or Ubuntu, or fetch "
            f"{MIRROR}/dists/{RELEASE}/main/i18n/Translation-en.xz and give it with --translations FILE"
        )
    for name in ("state/lists/partial", "cache/archives/partial"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (directory / "sources.list").write_text(f"deb {signed_by}{MIRROR} {RELEASE} main\n")
    (directory / "apt.conf").write_text(APT_CONFIGURATION.format(directory=directory.resolve()))
    print(f"apt: fetching the descriptions of Debian {RELEASE} main", file=sys.stderr)
    command = ["apt-get", "--config-file", str(directory / "apt.conf"), "update"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    if not target.exists():
        raise RuntimeError(f"{' '.join(command)} did not fetch {wanted}:\n{done.stdout}{done.stderr}")
    return target


def read_translations(path: Path) -> tuple[str, str]:
    """Returns the text of a Translation-en file, compressed or not, and the sha256 of its uncompressed bytes."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    elif path.suffix == ".bz2":
        data = bz2.decompress(data)
    return data.decode("utf-8"), hashlib.sha256(data).hexdigest()


def parse(text: str) -> list[Document]:
    """Returns one document per distinct long description, in the order of package names.

    Packages whose long descriptions are equal but for white space are one document, the first of them. Packages
    without a long description are left out.
    """
    records = []
    for record in text.split("\n\n"):
        package = re.search(r"^Package: (\S+)$", record, re.MULTILINE)
        description = re.search(r"^Description-en: (.*(?:\n .*)*)", record, re.MULTILINE)
        if not package or not description:
            continue
        title, *body = description.group(1).split("\n")
        # A line of one dot is an empty line (Debian policy 5.6.13).
        lines = ["" if line.strip() == "." else line.strip() for line in body]
        records.append((package.group(1), " ".join(title.split()), "\n".join(lines).strip()))
    records.sort()
    seen = set()
    documents = []
    for package, title, long in records:
        key = " ".join(long.split())
        if key and key not in seen:
            seen.add(key)
            documents.append(Document(package, title, long))
    return documents


def choose_queries(documents: list[Document]) -> tuple[list[Query], list[tuple[int, int, int]]]:
    """Returns seeded questions, short descriptions that only one document has, and their judgements."""
    owners: dict[str, list[int]] = {}
    for index, document in enumerate(documents):
        owners.setdefault(document.title.lower(), []).append(index)
    candidates = sorted(
        indices[0] for title, indices in owners.items() if len(indices) == 1 and len(title.split()) >= QUERY_WORDS
    )
    chosen = sorted(random.Random(QUERY_SEED).sample(candidates, QUERIES))
    queries = [Query(documents[index].id, documents[index].title) for index in chosen]
    return queries, [(query, document, 1) for query, document in enumerate(chosen)]


def load(directory: Path, translations: Path | None = None) -> tuple[Collection, str]:
    """Returns the collection and the sha256 of the file Translation-en it was made from."""
    text, digest = read_translations(translations or fetch_translations(directory))
    documents = parse(text)
    queries, judgements = choose_queries(documents)
    return Collection(documents, queries, judgements), digest
