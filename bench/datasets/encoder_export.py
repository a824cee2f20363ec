"""The encoder of the data sets as a folder that `maxsimd encode` reads: tokenizer.json, model.onnx and onnx_config.json.

The graph of model.onnx is that of minilm.py, followed by the projection of the Cranfield data set and a division by the length:

    x      = norm(words[input_ids] + positions[:length])
    6 times: x = norm(x + attention(x)), x = norm(x + down(gelu(up(x))))
    output = unit(x @ directions + offset), f32 [batch, length, 128]

Padding is masked: a position whose attention_mask is 0 gets no attention from others.
"""

import json
import math
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from encoder_check import check_encoder
from minilm import HEAD, HEADS, HIDDEN, LAYER_NORM_EPSILON, MiniLm, model_directory
from projection import DIM
from windows import WINDOW_PIECES
from word_pieces import CLS, SEP, WordPieces

# Version 17 of the operators is the first with LayerNormalization; 8 is the file format that came with it.
OPERATORS = 17
FILE_FORMAT = 8
# `projection.npy` of the Cranfield data set, from which the sample is taken too.
PROJECTION = Path(__file__).resolve().parent / "projection.npy"
# Added to the attention scores of padding: its share of a softmax in binary32 is exactly 0.
MASKED = -1e9


class Graph:
    """Nodes and constants of a graph. Each method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray | list[int] | float) -> str:
        """Adds a constant: floats as f32, integers as i64."""
        array = np.asarray(values)
        array = np.ascontiguousarray(array, np.float32 if array.dtype.kind == "f" else np.int64)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Adds a node of one output."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def linear(self, x: str, parameters: tuple[np.ndarray, np.ndarray]) -> str:
        """Adds x @ weights + biases."""
        weights, biases = parameters
        return self.op("Add", self.op("MatMul", x, self.constant(weights)), self.constant(biases))

    def norm(self, x: str, parameters: tuple[np.ndarray, np.ndarray]) -> str:
        """Adds a layer normalisation over the last axis."""
        scale, shift = map(self.constant, parameters)
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=float(LAYER_NORM_EPSILON))

    def gelu(self, x: str) -> str:
        """Adds x * Phi(x), in the form that ONNX Runtime joins to one operator."""
        error = self.op("Erf", self.op("Div", x, self.constant(math.sqrt(2.0))))
        grown = self.op("Mul", x, self.op("Add", error, self.constant(1.0)))
        return self.op("Mul", grown, self.constant(0.5))

    def attention(self, x: str, qkv: tuple[np.ndarray, np.ndarray], mask: str) -> str:
        """Adds the heads side by side, [batch, length, HIDDEN]. The scale is already part of the queries' weights."""
        weights, biases = qkv
        shape = self.constant([0, 0, HEADS, HEAD])

        def heads(part: int, order: list[int]) -> str:
            columns = slice(part * HIDDEN, (part + 1) * HIDDEN)
            split = self.op("Reshape", self.linear(x, (weights[:, columns], biases[columns])), shape)
            return self.op("Transpose", split, perm=order)

        queries, values = heads(0, [0, 2, 1, 3]), heads(2, [0, 2, 1, 3])
        scores = self.op("MatMul", queries, heads(1, [0, 2, 3, 1]))
        weighted = self.op("MatMul", self.op("Softmax", self.op("Add", scores, mask), axis=-1), values)
        joined = self.op("Transpose", weighted, perm=[0, 2, 1, 3])
        return self.op("Reshape", joined, self.constant([0, 0, HIDDEN]))


def build_model(encoder: MiniLm, affine: np.ndarray) -> onnx.ModelProto:
    """Returns the model whose output is unit vectors of the hidden states' image under `affine`, f32 [HIDDEN + 1, DIM]."""
    graph = Graph()
    length = graph.op("Shape", "input_ids", start=1, end=2)
    positions = graph.op("Slice", graph.constant(encoder.positions), graph.constant([0]), length, graph.constant([0]))
    words = graph.op("Gather", graph.constant(encoder.words), "input_ids")
    x = graph.norm(graph.op("Add", words, positions), encoder.embedding_norm)

    attended = graph.op("Cast", graph.op("Unsqueeze", "attention_mask", graph.constant([1, 2])), to=TensorProto.FLOAT)
    mask = graph.op("Mul", graph.op("Sub", graph.constant(1.0), attended), graph.constant(MASKED))
    for layer in encoder.layers:
        attention = graph.linear(graph.attention(x, layer["qkv"], mask), layer["out"])
        x = graph.norm(graph.op("Add", attention, x), layer["norm1"])
        grown = graph.gelu(graph.linear(x, layer["up"]))
        x = graph.norm(graph.op("Add", graph.linear(grown, layer["down"]), x), layer["norm2"])
    projected = graph.linear(x, (affine[:-1], affine[-1]))
    graph.nodes.append(helper.make_node("LpNormalization", [projected], ["output"], axis=-1, p=2))

    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", "length", DIM])
    made = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPERATORS)], ir_version=FILE_FORMAT)
    onnx.checker.check_model(model, full_check=True)
    return model


def settings(word_pieces: WordPieces) -> dict:
    """Returns the content of onnx_config.json: how the data sets turn a text into tokens."""
    left_out = [word_pieces.vocabulary[piece] for piece in (CLS, SEP)]
    left_out += [piece for piece, punctuation in zip(word_pieces.vocabulary, word_pieces.is_punctuation) if punctuation]
    return {
        "model_name": "sentence-transformers/all-MiniLM-L6-v2",
        "query_prefix": "",
        "document_prefix": "",
        "query_length": WINDOW_PIECES + 2,
        "document_length": WINDOW_PIECES + 2,
        "do_query_expansion": False,
        "attend_to_expansion_tokens": False,
        "skiplist_words": left_out,
        "embedding_dim": DIM,
        "uses_token_type_ids": False,
    }


def build(target: Path) -> int:
    """Writes the folder. Returns its size in bytes."""
    word_pieces = WordPieces()
    check_encoder(word_pieces)
    model = build_model(MiniLm(), np.load(PROJECTION))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        partial = Path(name) / target.name
        partial.mkdir()
        onnx.save(model, partial / "model.onnx")
        shutil.copyfile(model_directory() / "tokenizer.json", partial / "tokenizer.json")
        text = json.dumps(settings(word_pieces), indent=2, ensure_ascii=False) + "\n"
        (partial / "onnx_config.json").write_text(text, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(partial, target)
    return sum(path.stat().st_size for path in target.iterdir())
