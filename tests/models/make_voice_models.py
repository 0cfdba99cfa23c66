"""Makes the two networks that are shipped from those they come from: `python -m tests.models.make_voice_models FROM`.

FROM is a folder with `segmentation-3.0.onnx` and `campplus.onnx` in float32. Large weights are stored as float16 and
cast back to float32 when the network is loaded, so that the same float32 arithmetic runs on weights rounded to 11 bits;
small ones (filter frequencies, biases, scales) stay as they are. Of CAM++ the graph ends before its pooling: what
follows are one mean, one deviation and one matrix, which `curate.voices.embeddings` applies to any part of a sound. (The
export it comes from has a ReLU after the last matrix, which the published network does not have: with it the error of
telling voices apart is several times as high.) The result is the same bytes every time.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from curate import voices

NAMES = ("segmentation-3.0.onnx", "campplus.onnx")
SHIPPED = Path(voices.__file__).parent / "models"
LEAST = 4096  # numbers in a weight that is worth halving
POOLED = "/xvector/out_nonlinear/relu/Relu_output_0"  # what CAM++ pools: 512 numbers each 20 ms
HEAD = ("xvector.dense.linear.weight", "xvector.dense.nonlinear.batchnorm.running_mean",
        "xvector.dense.nonlinear.batchnorm.running_var")  # fmt: skip


def halved(model: Any) -> Any:
    """The model with its large float32 weights as float16 and a cast to float32 before their use."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST:
            kept.append(tensor)
            continue
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f"{tensor.name} holds numbers beyond float16")
        name = tensor.name if tensor.name in HEAD else f"{tensor.name}.half"
        kept.append(numpy_helper.from_array(half, name))
        if tensor.name not in HEAD:
            casts.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    return model


def without_pooling(model: Any) -> Any:
    """CAM++ up to what it pools, named `frames`; the weights of what follows stay in the file, unused by the graph."""
    graph, wanted, kept = model.graph, {POOLED}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    initializers = [tensor for tensor in graph.initializer if tensor.name in wanted or tensor.name in HEAD]
    kept.reverse()
    del graph.node[:], graph.initializer[:], graph.output[:]
    graph.node.extend([*kept, helper.make_node("Identity", [POOLED], ["frames"])])
    graph.initializer.extend(initializers)
    graph.output.append(helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["b", 512, "frames"]))
    return model


def main(folder: Path) -> None:
    """Write both networks into the package and say what became of them."""
    SHIPPED.mkdir(exist_ok=True)
    for name in NAMES:
        model = onnx.load(folder / name)
        model = halved(without_pooling(model) if name == "campplus.onnx" else model)
        onnx.checker.check_model(model)
        content = model.SerializeToString(deterministic=True)
        (SHIPPED / name).write_bytes(content)
        print(f"{hashlib.sha256(content).hexdigest()}  curate/voices/models/{name}, {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
