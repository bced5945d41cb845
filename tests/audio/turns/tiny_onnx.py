"""ONNX files of a few hundred bytes, written by hand: what a model takes and gives, and a few operations between.

Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx); the package onnx is not needed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

FLOAT, INT64 = 1, 7
Shape = Sequence[int | str]


def write_model(
    path: Path,
    inputs: Mapping[str, tuple[int, Shape]],
    nodes: Sequence[tuple[str, Sequence[str], str, Mapping[str, int]]],
    output: str,
) -> Path:
    """Writes it. `inputs`: (element type, shape) by name; `nodes`: (operation, inputs, output, whole attributes)."""
    graph = b"".join(
        [
            *(_field(1, _node(*node)) for node in nodes),
            _field(2, b"tiny"),
            *(_field(11, _value(name, kind, shape)) for name, (kind, shape) in inputs.items()),
            _field(12, _value(output, FLOAT, None)),
        ]
    )
    opset = _field(1, b"") + _number(2, 13)
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, opset))
    return path


def _node(operation: str, inputs: Sequence[str], output: str, attributes: Mapping[str, int]) -> bytes:
    return b"".join(
        [
            *(_field(1, name.encode()) for name in inputs),
            _field(2, output.encode()),
            _field(4, operation.encode()),
            *(_field(5, _field(1, name.encode()) + _number(3, at) + _number(20, 2)) for name, at in attributes.items()),
        ]
    )


def _value(name: str, kind: int, shape: Shape | None) -> bytes:
    tensor = _number(1, kind)
    if shape is not None:
        sizes = (_number(1, size) if isinstance(size, int) else _field(2, size.encode()) for size in shape)
        tensor += _field(2, b"".join(_field(1, size) for size in sizes))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
