"""A pipeline of pyannote.audio as large as the published ones, of networks that may be had; needs torch."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from curate.voices.pyannote_networks import load_library
from curate.voices.segmentation import MODEL, SEGMENTER
from curate.voices.shipped import shipped_model
from tests.benchmarks.recordings import RATE_HZ, speech

load_library()  # before anything else imports pyannote.audio

from tests.curate.voices.tiny_pyannote import TUNED, TURNS, VOICES, save_pipeline  # noqa: E402

THRESHOLD = {"method": "centroid", "min_cluster_size": 12, "threshold": 0.7045654963945799}
HEARD_S, HEARD = 3, 12  # what the untrained network is fitted to: pieces of so many seconds
# Where onnx keeps what torch calls weights: matrices of the LSTM by layer, of the linear layers in turn.
LSTM = ((783, 784, 785), (826, 827, 828), (869, 870, 871), (912, 913, 914))
LINEAR = {"linear.0": 915, "linear.1": 916, "classifier": 917}


def pipeline_folder(folder: Path) -> Path:
    """SpeakerDiarization of segmentation-3.0 itself and a ResNet34 of WeSpeaker's size that nobody has trained."""
    TUNED["AgglomerativeClustering"] = THRESHOLD
    return save_pipeline(folder, segmentation(), embedding())


def segmentation() -> Any:
    """The network of segmentation-3.0 as pyannote.audio has it, with the weights that come with emocurate."""
    from pyannote.audio.models.segmentation import PyanNet

    lstm = {"hidden_size": 128, "num_layers": 4, "bidirectional": True, "monolithic": True, "dropout": 0.5}
    network = PyanNet(sincnet={"stride": 10}, lstm=lstm, linear={"hidden_size": 128, "num_layers": 2})
    network.specifications = TURNS
    network.build()
    network.load_state_dict(_weights(), strict=True)
    return network.eval()


def _weights() -> dict[str, Any]:
    stored = onnx.load_from_string(shipped_model(MODEL, SEGMENTER.short)).graph.initializer
    arrays = {tensor.name.removesuffix(".half"): numpy_helper.to_array(tensor).astype(np.float32) for tensor in stored}
    named = {name: array for name, array in arrays.items() if name.startswith(("sincnet.", "linear.", "classifier."))}
    for layer, (bias, inner, recurrent) in enumerate(LSTM):
        for way, ending in enumerate(("", "_reverse")):
            for what, values in (("ih", arrays[f"onnx::LSTM_{inner}"]), ("hh", arrays[f"onnx::LSTM_{recurrent}"])):
                named[f"lstm.weight_{what}_l{layer}{ending}"] = _gates(values[way])
            of_inner, of_recurrent = np.split(arrays[f"onnx::LSTM_{bias}"][way], 2)
            named[f"lstm.bias_ih_l{layer}{ending}"] = _gates(of_inner)
            named[f"lstm.bias_hh_l{layer}{ending}"] = _gates(of_recurrent)
    named |= {f"{name}.weight": arrays[f"onnx::MatMul_{number}"].T for name, number in LINEAR.items()}
    return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in named.items()}


def _gates(values: Any) -> Any:
    """The gates of an LSTM in torch's order: onnx has input, output, forget and cell."""
    taken, given, forgotten, cell = np.split(values, 4)
    return np.concatenate([taken, forgotten, cell, given])


def embedding() -> Any:
    """A ResNet34 as WeSpeaker has it: random weights, fitted to speech so far that its vectors point everywhere."""
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    torch.manual_seed(0)
    network = WeSpeakerResNet34()
    network.specifications = VOICES
    pieces = [np.resize(piece, HEARD_S * RATE_HZ) for piece in speech()[:HEARD]]
    heard = torch.from_numpy(np.stack(pieces).astype(np.float32) / 32_768)[:, None]
    with torch.inference_mode():
        network.train()
        network(heard)
        network.eval()
        mean = network(heard).mean(0)
    network.resnet.seg_1.bias.data -= mean.clone()
    return network
