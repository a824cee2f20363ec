"""A tiny encoder for tests, in clients/encoder/testing/tiny: 20 word pieces, vectors of 8 numbers, a formula instead of a language model.

    row(id)    = the numbers (7 id + 3 j) mod 11 - 5 for j = 0 … 7
    vector(i)  = row(ids[i]) + a tenth of the mean of row(id) over all tokens that attention_mask holds

So a vector depends on its own token and on what is attended to, and a test can compute it.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from encoder_export import FILE_FORMAT, OPERATORS, Graph

DIM = 8
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MARKERS = ["[unused0]", "[unused1]"]
WORDS = [".", ",", "?", "what", "is", "the", "red", "blue", "fox", "jump", "##s", "##ing", "over"]
VOCABULARY = SPECIAL + MARKERS + WORDS


def build_model() -> onnx.ModelProto:
    """Returns the formula above as a graph."""
    graph = Graph()
    ids, columns = np.arange(len(VOCABULARY))[:, None], np.arange(DIM)
    rows = graph.op("Gather", graph.constant(((7 * ids + 3 * columns) % 11 - 5).astype(np.float32)), "input_ids")
    mask = graph.op("Unsqueeze", graph.op("Cast", "attention_mask", to=TensorProto.FLOAT), graph.constant([2]))
    axes = graph.constant([1])
    total = graph.op("ReduceSum", graph.op("Mul", rows, mask), axes, keepdims=1)
    mean = graph.op("Div", total, graph.op("ReduceSum", mask, axes, keepdims=1))
    tenth = graph.op("Mul", mean, graph.constant(0.1))
    graph.nodes.append(helper.make_node("Add", [rows, tenth], ["output"]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", "length", DIM])
    made = helper.make_graph(graph.nodes, "tiny", inputs, [output], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPERATORS)], ir_version=FILE_FORMAT)
    onnx.checker.check_model(model, full_check=True)
    return model


def tokenizer() -> dict:
    """Returns a WordPiece tokenizer in the form that BERT's has."""
    ids = {piece: number for number, piece in enumerate(VOCABULARY)}
    specials = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")}

    def part(name: str, of: str = "SpecialToken") -> dict:
        return {of: {"id": name, "type_id": 0}}

    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": ids[name], "content": name, **flags} for name in SPECIAL],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [part("[CLS]"), part("A", "Sequence"), part("[SEP]")],
            "pair": [part("[CLS]"), part("A", "Sequence"), part("[SEP]"), part("B", "Sequence"), part("[SEP]")],
            "special_tokens": specials,
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }


def build(target: Path) -> int:
    """Writes the folder. Returns its size in bytes."""
    settings = {
        "query_prefix": "[unused0]",
        "document_prefix": "[unused1]",
        "query_length": 10,
        "document_length": 8,
        "do_query_expansion": True,
        "attend_to_expansion_tokens": False,
        "skiplist_words": [".", ",", "?"],
        "embedding_dim": DIM,
    }
    target.mkdir(parents=True, exist_ok=True)
    onnx.save(build_model(), target / "model.onnx")
    for name, content in (("tokenizer.json", tokenizer()), ("onnx_config.json", settings)):
        (target / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in target.iterdir())
