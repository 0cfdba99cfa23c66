"""Small networks put together from arrays as ONNX graphs and run by onnxruntime on one thread."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from curate.sessions import open_session

Array = NDArray[np.float32]


OPSET = 16
IR_VERSION = 8  # what goes with that opset; onnxruntime refuses files newer than itself


class Network:
    """A graph that grows node by node; every method returns the name of the value it adds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any) -> str:
        """Weights (made float32) or, from a list of whole numbers, shapes and positions (int64)."""
        kind = np.int64 if isinstance(values, list) else np.float32
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype=kind), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One operation with one result."""
        return self.nodes_of(kind, inputs, 1, **attributes)[0]

    def nodes_of(self, kind: str, inputs: Sequence[str], results: int, **attributes: Any) -> list[str]:
        """One operation with several results."""
        names = [f"{kind.lower()}{len(self.nodes)}_{place}" for place in range(results)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def dense(self, value: str, weight: Any, bias: Any) -> str:
        """`value @ weight + bias`; the weight is (inputs, outputs)."""
        return self.node("Gemm", value, self.constant(weight), self.constant(bias))

    def reshape(self, value: str, *shape: int) -> str:
        """The same numbers in another shape; -1 stands for what is left."""
        return self.node("Reshape", value, self.constant(list(shape)))

    def session(
        self, inputs: dict[str, list[int | str]], outputs: Sequence[str], on_processor: bool = False
    ) -> InferenceSession:
        """The finished network, ready to run, given its inputs (in a shape, a word stands for any size) and results.

        It runs where `open_session` says.
        """
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
        wanted = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, self.name, given, wanted, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        return open_session(model.SerializeToString(), on_processor)
