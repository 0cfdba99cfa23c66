"""Networks of a few kilobytes that take and give what insightface's models do: a red disc is a face."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Eyes, nose and mouth about the middle of a face, in strides.
POINTS = np.array([(-1, -0.8), (1, -0.8), (0, 0), (-0.7, 1.1), (0.7, 1.1)], np.float32)
REACH = 2.5  # from the middle of a face to its sides, in strides
STRIDES = (8, 16, 32)
ANCHORS = 2


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def save(self, path: Path, taken: Sequence[Any], given: Sequence[tuple[str, list[Any]]]) -> Path:
        inputs = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, list(taken))]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in given]
        graph = helper.make_graph(self.nodes, "tiny", inputs, outputs, self.constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
        return path


def detector(path: Path, results: int = 9) -> Path:
    """A SCRFD that finds red discs of some 80 pixels; with fewer results it says less than is needed."""
    graph, given = _Graph(), []
    for kind, size in (("score", 1), ("box", 4), ("points", 10)):
        for stride in STRIDES:
            mean = graph.add(
                "AveragePool", "picture", kernel_shape=[3 * stride] * 2, pads=[stride] * 4, strides=[stride] * 2
            )
            weight = np.zeros((ANCHORS * size, 3, 1, 1), np.float32)
            bias = np.full(ANCHORS * size, REACH, np.float32)
            if kind == "score":  # red above green and blue; only the largest stride speaks
                weight[:, 0], weight[:, 1:] = 12, -6
                bias = np.array([-16.5, -17.5], np.float32) if stride == STRIDES[-1] else np.full(2, -60, np.float32)
            if kind == "points":
                bias = np.tile(POINTS.ravel(), ANCHORS)
            value = graph.add("Conv", mean, graph.constant(weight), graph.constant(bias))
            value = graph.add("Sigmoid", value) if kind == "score" else value
            value = graph.add("Transpose", value, perm=[0, 2, 3, 1])
            given.append((graph.add("Reshape", value, graph.constant(np.array([-1, size], np.int64))), [None, size]))
    return graph.save(path, [1, 3, "height", "width"], given[:results])


def recogniser(path: Path, several: bool = True, side: int = 112) -> Path:
    """An ArcFace of 32 numbers: a fixed projection of a face's thumbnail."""
    graph = _Graph()
    weight = np.random.default_rng(0).standard_normal((7 * 7 * 3, 32)).astype(np.float32)
    mean = graph.add("AveragePool", "picture", kernel_shape=[side // 7] * 2, strides=[side // 7] * 2)
    value = graph.add("MatMul", graph.add("Flatten", mean, axis=1), graph.constant(weight))
    faces = "faces" if several else 1
    return graph.save(path, [faces, 3, side, side], [(value, [faces, 32])])


def discs(*middles: tuple[int, int], size: tuple[int, int] = (320, 480), radius: int = 45) -> Any:
    """A grey picture (height, width) with red discs about these places (x, y)."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    rgb = np.full((*size, 3), 100, np.uint8)
    for x, y in middles:
        rgb[(columns - x) ** 2 + (rows - y) ** 2 < radius**2] = (255, 0, 0)
    return rgb
