"""Token vectors in the forms that encoders give them, as bytes of the wire format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ErrorCode, MaxsimRpcError, bad_argument, bad_parameter
from .gen import tensor_pb2

#: The smallest magnitude that rounds to infinity in binary16: half way between 65504, the largest value, and 65536.
F16_OVERFLOW = 65520.0

_NAMES = "float16, bfloat16, float32 or float64"


@dataclass(frozen=True)
class EncodedTokens:
    """The token vectors of one query or document in wire format.

    Attributes:
        dtype: `DTYPE_F16` or `DTYPE_F32`.
        dim: elements in a row.
        rows: number of token vectors.
        data: rows * dim elements, little-endian. It is a view of the caller's array if that needs no conversion.
    """

    dtype: tensor_pb2.Dtype
    dim: int
    rows: int
    data: memoryview

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors."""
        return self.data.nbytes


def encode_tokens(matrix: Any, dtype: str = "f16", field: str = "query", *, copy: bool = False) -> EncodedTokens:
    """Encodes token vectors of shape [tokens, dim], one row for each token.

    `matrix` is a numpy array, a torch tensor, anything else that numpy converts, or a list of rows. Element types are float16, bfloat16 (of
    ml_dtypes or torch), float32 and float64. float16 is sent as it is, without a copy. Other types are rounded to binary16 once, to nearest and
    ties to even, unless `dtype` is "f32". bfloat16 is widened to binary32 first, which is exact. With `copy` the result never shares memory with
    `matrix`, so that the caller may change it before it is sent.

    Raises:
        MaxsimRpcError: EMPTY_QUERY without rows; SHAPE_MISMATCH for another shape; INVALID_DTYPE for another element type; NON_FINITE for NaN,
            infinity, or a value that the type on the wire cannot hold.
    """
    if dtype not in ("f16", "f32"):
        raise bad_parameter("dtype", "f16 or f32", repr(dtype))
    array = as_float_array(matrix, field)
    if array.ndim != 2:
        raise bad_argument(ErrorCode.SHAPE_MISMATCH, field, "shape [tokens, dim]", f"shape {list(array.shape)}")
    rows, dim = array.shape
    if rows == 0:
        raise bad_argument(ErrorCode.EMPTY_QUERY, field, "at least 1 token vector", "0")
    if dim == 0:
        raise bad_argument(ErrorCode.SHAPE_MISMATCH, field, "rows of at least 1 element", "rows of 0")
    wire = np.dtype("<f2") if array.dtype == np.float16 or dtype == "f16" else np.dtype("<f4")
    converted = _convert(array, wire, field)
    if copy and np.may_share_memory(converted, array):
        converted = converted.copy()
    code = tensor_pb2.DTYPE_F16 if wire.itemsize == 2 else tensor_pb2.DTYPE_F32
    return EncodedTokens(code, dim, rows, converted.reshape(-1).view(np.uint8).data)


def as_float_array(matrix: Any, field: str) -> NDArray[Any]:
    """An array of float16, float32 or float64 with the values of a tensor, without a copy where that is possible.

    Raises:
        MaxsimRpcError: SHAPE_MISMATCH for what is not an array of numbers; INVALID_DTYPE for another element type.
    """
    # A torch tensor, recognised by its methods: torch is not imported.
    if hasattr(matrix, "detach") and hasattr(matrix, "cpu"):
        tensor = matrix.detach().cpu()
        # numpy has no bfloat16; binary32 holds every value of it.
        matrix = tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy()
    if isinstance(matrix, np.ndarray):
        array = matrix
    else:
        try:
            array = np.asarray(matrix)
        except (TypeError, ValueError) as error:
            raise bad_argument(
                ErrorCode.SHAPE_MISMATCH, field, "an array of rows of equal lengths", type(matrix).__name__
            ) from error
        # A list of numbers has no element type of its own.
        if isinstance(matrix, (list, tuple)) and array.dtype.kind in "iu":
            array = array.astype(np.float64)
        if isinstance(matrix, (list, tuple)) and array.size == 0 and array.ndim == 1:
            array = array.reshape(0, 0)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        return array
    if array.dtype.name == "bfloat16":
        return (np.ascontiguousarray(array).view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    fix = "convert the vectors with astype(numpy.float32)" if array.dtype.kind in "iu" else ""
    raise bad_argument(ErrorCode.INVALID_DTYPE, field, _NAMES, str(array.dtype), fix)


def _convert(array: NDArray[Any], wire: np.dtype[Any], field: str) -> NDArray[Any]:
    if array.dtype == wire and array.flags.c_contiguous:
        converted = array
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            converted = np.ascontiguousarray(array, dtype=wire)
    if not np.isfinite(converted).all():
        raise non_finite(array, converted, field)
    return converted


def non_finite(array: NDArray[Any], converted: NDArray[Any], field: str) -> MaxsimRpcError:
    """The error of the first element, in row-major order, that the type on the wire cannot hold."""
    row, element = (int(each[0]) for each in np.nonzero(~np.isfinite(converted)))
    value = float(array[row, element])
    place = f"row {row}, element {element}"
    if not np.isfinite(value):
        return bad_argument(ErrorCode.NON_FINITE, field, "a finite number", str(value), f"see {place}")
    if converted.dtype.itemsize == 4:
        return bad_argument(ErrorCode.NON_FINITE, field, "a magnitude that binary32 holds", str(value), f"see {place}")
    fix = f'see {place}; scale the vectors, or send dtype "f32"'
    return bad_argument(ErrorCode.NON_FINITE, field, "a magnitude under 65520", str(value), fix)
