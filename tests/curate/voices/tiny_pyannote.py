"""Networks of a few kilobytes that pyannote.audio loads as its own: two tones are two voices. Needs torch."""

from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
import yaml
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications

RATE_HZ = 16_000
TONES_HZ = (300, 2000)
WINDOW, STEP = 721, 270
TUNED = {
    "AgglomerativeClustering": {"method": "centroid", "min_cluster_size": 3, "threshold": 0.5},
    "VBxClustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8},
}
TURNS = Specifications(
    problem=Problem.MONO_LABEL_CLASSIFICATION,
    resolution=Resolution.FRAME,
    duration=10.0,
    min_duration=10.0,
    warm_up=(0.0, 0.0),
    classes=["speaker#1", "speaker#2", "speaker#3"],
    powerset_max_classes=2,
    permutation_invariant=True,
)
VOICES = Specifications(problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0)


class ToneSegmentation(Model):
    """The first local voice is heard where the first tone is, the second where the second is."""

    def __init__(self, sample_rate: int = RATE_HZ, num_channels: int = 1, task: Any = None) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.gain = torch.nn.Parameter(torch.tensor(100.0))

    def build(self) -> None:
        self.activation = self.default_activation()

    @property
    def dimension(self) -> int:
        return int(self.specifications.num_powerset_classes)

    def num_frames(self, num_samples: int) -> int:
        return (num_samples - WINDOW) // STEP + 1

    def receptive_field_size(self, num_frames: int = 1) -> int:
        return WINDOW + (num_frames - 1) * STEP

    def receptive_field_center(self, frame: int = 0) -> int:
        return WINDOW // 2 + frame * STEP

    def forward(self, waveforms: Any) -> Any:
        frames = waveforms.squeeze(1).unfold(-1, WINDOW, STEP)
        at = torch.arange(WINDOW, device=waveforms.device) / RATE_HZ
        turning = torch.stack([torch.exp(2j * torch.pi * hz * at) for hz in TONES_HZ], 1)
        loud = self.gain * (((frames + 0j) @ turning).abs() / WINDOW - 0.02)  # (batch, frames, tones)
        low, high = loud[..., 0], loud[..., 1]
        out = waveforms.new_full((*low.shape, self.dimension), -30.0)
        out[..., 0], out[..., 1], out[..., 2], out[..., 4] = -low - high, low - high, high - low, low + high
        return F.log_softmax(out, -1)


class ToneVectors(Model):
    """The mean spectrum where weights say so, under a fixed rotation."""

    def __init__(self, sample_rate: int = RATE_HZ, num_channels: int = 1, task: Any = None) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.turn = torch.nn.Linear(80, 64, bias=False)
        torch.nn.init.orthogonal_(self.turn.weight)

    @property
    def dimension(self) -> int:
        return 64

    def forward(self, waveforms: Any, weights: Any = None) -> Any:
        window = torch.hann_window(512, device=waveforms.device)
        heard = (
            torch.stft(waveforms.squeeze(1), 512, 256, 512, window, return_complex=True).abs()[:, :80] + 1e-4
        ).log()
        if weights is None:
            weights = torch.ones(len(heard), heard.shape[2], device=heard.device)
        share = F.interpolate(weights[:, None], heard.shape[2])
        mean = (heard * share).sum(-1) / share.sum(-1).clamp_min(1)
        return self.turn(mean - mean.mean(-1, keepdim=True))


def save(network: Any, path: Path) -> None:
    """A checkpoint as pyannote.audio's own training writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {
        "state_dict": network.state_dict(),
        "hyper_parameters": dict(network.hparams),
        "pytorch-lightning_version": lightning.__version__,
        "epoch": 0,
        "global_step": 0,
    }
    network.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)


def save_plda(folder: Path, dimension: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    least = min(dimension, 128)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(dimension, dimension)))
    np.savez(folder / "xvec_transform.npz", mean1=np.zeros(dimension), mean2=np.zeros(least), lda=turn[:, :least])
    np.savez(folder / "plda.npz", mu=np.zeros(least), tr=np.eye(least), psi=np.linspace(3, 0.3, least))


def save_pipeline(
    folder: Path, segmentation: Any, embedding: Any, clustering: str = "AgglomerativeClustering", **more: Any
) -> Path:
    """A folder as the hub has them: two networks, what VBx knows of voices, and `config.yaml`."""
    save(segmentation, folder / "segmentation" / "pytorch_model.bin")
    save(embedding, folder / "embedding" / "pytorch_model.bin")
    save_plda(folder / "plda", embedding.dimension)
    params = {
        "clustering": clustering,
        "segmentation": "$model/segmentation",
        "embedding": "$model/embedding",
        "plda": "$model/plda",
        "embedding_batch_size": 32,
        "embedding_exclude_overlap": True,
    }
    settings = {
        "dependencies": {"pyannote.audio": "4.0.0"},
        "pipeline": {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": params},
        "params": {"segmentation": {"min_duration_off": 0.0}, "clustering": TUNED[clustering]},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({**settings, **more}))
    return folder


def tiny(folder: Path, clustering: str = "AgglomerativeClustering") -> Path:
    """A pipeline that tells the two tones apart."""
    torch.manual_seed(0)
    segmentation, embedding = ToneSegmentation(), ToneVectors()
    segmentation.specifications, embedding.specifications = TURNS, VOICES
    segmentation.build()
    return save_pipeline(folder, segmentation, embedding, clustering)


def published(folder: Path) -> Path:
    """A pipeline of the classes that pyannote.audio publishes, with weights that nobody has trained."""
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(0)
    lstm = {"hidden_size": 16, "num_layers": 1, "bidirectional": True, "monolithic": True}
    segmentation = PyanNet(sincnet={"stride": 10}, lstm=lstm, linear={"hidden_size": 16, "num_layers": 1})
    embedding = WeSpeakerResNet34()
    segmentation.specifications, embedding.specifications = TURNS, VOICES
    segmentation.build()
    return save_pipeline(folder, segmentation, embedding)


def tones(*parts: tuple[str, int]) -> Any:
    """Sound of parts, each which tones sound ("", "a", "b", "ab") and for how many ms: int16 at 16 kHz over faint noise."""
    at = np.arange(sum(ms for _, ms in parts) * 16) / RATE_HZ
    sound = np.random.default_rng(0).normal(scale=20, size=len(at))
    start = 0
    for names, ms in parts:
        end = start + ms * 16
        for name in names:
            sound[start:end] += 6000 * np.sin(2 * np.pi * TONES_HZ["ab".index(name)] * at[start:end])
        start = end
    return sound.astype(np.int16)
