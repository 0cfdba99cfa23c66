"""How far every number among the settings may go: beyond, nothing would be found, asked, written or kept out."""

import math

NO_END = math.inf
DAY_S = 24 * 60 * 60
DAY_MS = 1000 * DAY_S
RANGES: dict[str, tuple[float, float]] = {
    "run.workers": (0, 1024),
    "run.seconds_per_file": (1, DAY_S),
    "store.cache_gb": (0, 1_000_000),
    "crawl.keep_days": (0, 36_500),
    "crawl.per_host": (1, 64),
    "crawl.at_once": (1, 1024),
    "crawl.max_mb": (1, 1_000_000),
    "crawl.seconds_per_file": (1, DAY_S),
    "voice.min_ms": (0, DAY_MS),
    "voice.max_ms": (1, DAY_MS),
    "voice.min_snr_db": (-NO_END, 100),
    "voice.min_loudness_lufs": (-NO_END, 0),
    "voice.max_clipping": (0, 1),
    "voice.min_bandwidth_hz": (0, 384_000),
    "voice.max_steadiness": (0, 1),
    "voice.max_purity": (0, 1),
    "voice.max_flatness": (0, 1),
    "voice.max_music": (0, 1),
    "voice.max_singing": (0, 1),
    "voice.max_change": (0, 2),
    "voice.min_speech_probability": (0, 1),
    "face.find_px": (12, 1920),
    "face.every_ms": (1, DAY_MS),
    "face.min_px": (1, 100_000),
    "face.min_score": (0, 1),
    "face.min_blur": (0, NO_END),
    "face.min_brightness": (0, 255),
    "face.max_brightness": (0, 255),
    "face.max_occlusion": (0, 1),
    "face.max_yaw_deg": (0, 180),
    "face.max_pitch_deg": (0, 180),
    "face.per_track": (1, 1_000_000),
    "face.padding": (0, 2),
    "moment.min_sync": (-1, 1),
    "moment.min_margin": (0, 2),
    "labelling.raters": (1, 1000),
    "export.shard_mb": (1, 1_000_000),
    "export.min_answers": (1, 1_000_000),
}
