"""Hidden states of many sequences, computed by several processes into shards on disk, which survive an interruption.

Sequences of one length form a batch, and batches of decreasing length form shards. The plan depends only on the sequences,
so neither the number of processes nor an interruption changes a byte.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minilm import HIDDEN, MAX_POSITIONS, MiniLm
from word_pieces import CLS, SEP

# Pieces per matrix product: more is not faster, fewer suffers from the overhead of calls.
BATCH_PIECES = 2048
SHARD_PIECES = 40_000

encoder: MiniLm | None = None


@dataclass
class Sequences:
    """Word piece ids of all sequences: sequence i is ids[offsets[i]:offsets[i + 1]], without special pieces."""

    ids: np.ndarray
    offsets: np.ndarray

    @staticmethod
    def of(pieces: list[np.ndarray]) -> "Sequences":
        """Returns the concatenation of `pieces`, each u32 [pieces of the sequence]."""
        lengths = np.array([len(one) for one in pieces], np.int64)
        ids = np.concatenate(pieces) if pieces else np.zeros(0, np.uint32)
        return Sequences(ids.astype(np.uint32), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def plan_shards(lengths: np.ndarray) -> list[list[np.ndarray]]:
    """Returns shards of batches of sequence numbers: one length per batch, longest first, empty sequences left out."""
    if len(lengths) and lengths.max() + 2 > MAX_POSITIONS:
        raise ValueError(f"sequence too long: expected at most {MAX_POSITIONS - 2} word pieces, got {lengths.max()}")
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    shards: list[list[np.ndarray]] = [[]]
    in_shard = 0
    begin = 0
    while begin < len(order):
        length = lengths[order[begin]]
        room = max(1, BATCH_PIECES // (length + 2))
        end = begin
        while end < len(order) and lengths[order[end]] == length and end - begin < room:
            end += 1
        if in_shard >= SHARD_PIECES:
            shards.append([])
            in_shard = 0
        shards[-1].append(order[begin:end])
        in_shard += (end - begin) * int(length + 2)
        begin = end
    return [shard for shard in shards if shard]


def encode_shard(job: tuple[Path, Path, list[np.ndarray], bool]) -> int:
    """Writes the hidden states of one shard, f16 [rows, 384] in the order of its batches. Returns its word pieces."""
    directory, target, batches, specials = job
    global encoder
    if encoder is None:
        encoder = MiniLm()
    ids = np.load(directory / "ids.npy", mmap_mode="r")
    offsets = np.load(directory / "offsets.npy", mmap_mode="r")
    rows = []
    pieces = 0
    for batch in batches:
        length = int(offsets[batch[0] + 1] - offsets[batch[0]])
        block = np.full((len(batch), length + 2), SEP, np.int64)
        block[:, 0] = CLS
        for row, sequence in enumerate(batch):
            block[row, 1:-1] = ids[offsets[sequence] : offsets[sequence + 1]]
        hidden = encoder.encode(block)
        rows.append((hidden if specials else hidden[:, 1:-1]).reshape(-1, HIDDEN).astype(np.float16))
        pieces += len(batch) * length
    partial = target.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.save(file, np.concatenate(rows))
    os.replace(partial, target)
    return pieces


def ignore_interrupts() -> None:
    """Ignores Ctrl-C in a worker: the parent stops the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def result_of(finished: Future) -> int:
    """Returns what a shard's process returned. Raises RuntimeError if the process died."""
    try:
        return finished.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "an encoding process died, perhaps for want of memory: run this again, with --processes 1; "
            "it goes on where it was"
        ) from error


@contextmanager
def stopping(pool: ProcessPoolExecutor):
    """Ends the pool with its block, at once if the block fails: a shard is written completely or not at all."""
    try:
        yield
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class HiddenStates:
    """Hidden states of `sequences`, computed into `directory` if they are missing.

    With `specials`, the states of [CLS] and [SEP] are kept: each sequence has two more rows than word pieces.
    """

    def __init__(self, sequences: Sequences, directory: Path, specials: bool = False):
        self.sequences = sequences
        self.specials = specials
        self.directory = directory
        lengths = np.diff(sequences.offsets)
        self.shards = plan_shards(lengths)
        self.total = int(lengths.sum())
        self._claim_directory()

    def _claim_directory(self) -> None:
        """Empties the directory unless it holds results for exactly these sequences."""
        digest = hashlib.sha256(self.sequences.ids.tobytes() + self.sequences.offsets.tobytes()).hexdigest()
        plan = json.dumps({"sequences": digest, "batch": BATCH_PIECES, "shard": SHARD_PIECES})
        plan += " with [CLS] and [SEP]" if self.specials else ""
        stamp = self.directory / "plan.json"
        if stamp.exists() and stamp.read_text() == plan:
            return
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        np.save(self.directory / "ids.npy", self.sequences.ids)
        np.save(self.directory / "offsets.npy", self.sequences.offsets)
        stamp.write_text(plan)

    def shard_path(self, number: int) -> Path:
        """Returns the path of shard `number`."""
        return self.directory / f"shard-{number:05d}.npy"

    def compute(self, processes: int, name: str) -> float:
        """Encodes what is missing, with progress on standard error. Returns pieces per second, or 0 if nothing was missing."""
        missing = [number for number in range(len(self.shards)) if not self.shard_path(number).exists()]
        lengths = np.diff(self.sequences.offsets)
        pieces = {number: sum(int(lengths[batch].sum()) for batch in self.shards[number]) for number in missing}
        goal = sum(pieces.values())
        if not missing:
            return 0.0
        started = time.monotonic()
        done = 0
        jobs = [(self.directory, self.shard_path(number), self.shards[number], self.specials) for number in missing]
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), ignore_interrupts)
        with stopping(pool):
            for finished in as_completed([pool.submit(encode_shard, job) for job in jobs]):
                done += result_of(finished)
                rate = done / (time.monotonic() - started)
                left = (goal - done) / rate
                print(
                    f"{name}: {self.total - goal + done:,} of {self.total:,} word pieces, {rate:,.0f}/s, "
                    f"{left / 60:.1f} minutes left",
                    file=sys.stderr,
                    flush=True,
                )
        return goal / (time.monotonic() - started)

    def shard_rows(self):
        """Yields (rows of the concatenated sequences, i64 [n]; hidden states, f32 [n, 384]) shard by shard."""
        offsets = self.sequences.offsets + (2 * np.arange(len(self.sequences.offsets)) if self.specials else 0)
        for number, batches in enumerate(self.shards):
            rows = [np.arange(offsets[one], offsets[one + 1]) for batch in batches for one in batch]
            yield np.concatenate(rows), np.load(self.shard_path(number)).astype(np.float32)

    def remove(self) -> None:
        """Deletes the shards."""
        shutil.rmtree(self.directory, ignore_errors=True)
