"""How well documents are ranked, compared with judgements. Needs nothing but Python."""

from collections.abc import Iterable, Sequence
from math import log2


def evaluate(ranked: Iterable[Sequence[int]], judgements: list[tuple[int, int, int]]) -> dict[str, float | int | None]:
    """Returns nDCG@10 (linear gain, as trec_eval) and Success@5 of ranked documents, ten or more per query.

    Both are means over the queries with a relevant document, whose number is `judgedQueries`; None if there are no such
    queries.
    """
    grades: dict[int, dict[int, int]] = {}
    for query, document, grade in judgements:
        if grade > 0:
            grades.setdefault(query, {})[document] = grade
    ndcg = []
    success = []
    for query, documents in enumerate(ranked):
        if query not in grades:
            continue
        gains = [grades[query].get(int(document), 0) for document in documents[:10]]
        ideal = sorted(grades[query].values(), reverse=True)[:10]
        ndcg.append(discounted_sum(gains) / discounted_sum(ideal))
        success.append(any(gains[:5]))
    return {"judgedQueries": len(ndcg), "ndcg10": mean(ndcg), "success5": mean(success)}


def discounted_sum(gains: list[int]) -> float:
    """Returns the sum of gain / log2(rank + 1)."""
    return sum(gain / log2(i + 2) for i, gain in enumerate(gains))


def mean(values: list[float]) -> float | None:
    """Returns the mean, rounded to four digits; None without values."""
    return round(sum(values) / len(values), 4) if values else None
