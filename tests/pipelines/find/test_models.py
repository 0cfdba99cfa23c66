"""Which models a collection's settings choose, and that whose they are is kept with what they made."""

from dataclasses import replace
from pathlib import Path

import pytest

from curate.faces.mtcnn import MTCNN
from curate.faces.packs import UNKNOWN_LICENCE
from curate.voices.embeddings import CAMPPLUS
from curate.voices.vectors import VoiceVectors
from pipelines.doctor import findings
from pipelines.engine.catalog import Catalog
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import models, pipeline
from pipelines.find.run import bring_up_to_date
from schemas.errors import BadSetting, Missing
from schemas.sections import VoiceSettings
from schemas.settings import FILE_NAME, Settings, load_settings
from tests.curate.faces.tiny_models import detector, discs

OF_A_FACE = """
    SELECT w.name, w.licence FROM clips c JOIN lineage l ON l.made = c.id JOIN stage_weights w USING (stage)
    WHERE c.kind = 'face'"""


def choose(home: Path, lines: str) -> Settings:
    file = home / FILE_NAME
    file.write_text(file.read_text("utf-8").replace('backend = "mtcnn"\nmodel = ""', lines), "utf-8")
    return load_settings(home)


def test_the_default_runs_what_comes_with_packages_under_free_licences() -> None:
    assert {weights.licence for weights in models(Settings())} == {"Apache-2.0", "MIT"}
    assert MTCNN in models(Settings())


def test_a_face_leads_to_the_weights_that_found_it_and_their_licence(home: Path, tmp_path: Path, intake) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("insightface", reason="the extra [faces]")
    from PIL import Image

    pack = tmp_path / "own"
    pack.mkdir()
    detector(pack / "det.onnx")
    Image.fromarray(discs((120, 150), (370, 190))).save(tmp_path / "discs.png")
    intake([tmp_path / "discs.png"])
    passes = pipeline(choose(home, f'backend = "insightface"\nmodel = "{pack}"'))
    bring_up_to_date(home, passes, Inline())
    assert Catalog(home).rows(OF_A_FACE) == [("own/det.onnx (insightface)", UNKNOWN_LICENCE)] * 2
    before = Catalog(home).fact("revision")
    bring_up_to_date(home, passes, Inline())
    assert Catalog(home).fact("revision") == before


def test_a_licence_said_later_is_kept_in_the_place_of_the_former(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("insightface", reason="the extra [faces]")
    detector(tmp_path / "det.onnx")
    for licence in ("", "MIT"):
        settings = choose(home, f'backend = "insightface"\nmodel = "{tmp_path}"')
        passes = pipeline(Settings(face=type(settings.face)("insightface", str(tmp_path), licence)))
        bring_up_to_date(home, passes, Inline())
    of_detector = "SELECT licence FROM stage_weights WHERE name LIKE '%insightface%'"
    assert Catalog(home).rows(of_detector) == [("MIT",)]


@pytest.mark.parametrize(("model", "error"), [("", BadSetting), ("buffalo_nowhere", Missing)])
def test_a_model_that_is_not_here_stops_a_run_before_it_begins_and_the_doctor_says_so(
    home: Path, model: str, error: type[Exception]
) -> None:
    pytest.importorskip("insightface", reason="the extra [faces]")
    settings = choose(home, f'backend = "insightface"\nmodel = "{model}"')
    with pytest.raises(error) as refused:
        pipeline(settings)
    assert [one.found for one in findings(home) if one.what == "models"] == [str(refused.value)]


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html>not found</html>", None], ids=["a web page", "nothing"])
def test_a_shipped_network_that_is_damaged_stops_a_run_before_it_begins_and_the_doctor_says_so(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    place = tmp_path / "campplus.onnx"
    if content:
        place.write_bytes(content)
    damaged = replace(CAMPPLUS, packed=replace(CAMPPLUS.packed, files=(str(place),)))
    monkeypatch.setattr("curate.voices.onnx_turns.CAMPPLUS", damaged)
    revision = Catalog(home).fact("revision")
    with pytest.raises(Missing, match="type: pip install --force-reinstall 'emocurate'"):
        bring_up_to_date(home, pipeline(Settings()), Inline())
    assert Catalog(home).fact("revision") == revision
    (bad,) = (finding for finding in findings(home) if finding.state == "bad" and finding.what.startswith("model "))
    assert bad.what == f"model {CAMPPLUS.name}"
    assert "pip install --force-reinstall 'emocurate'" in bad.found


@pytest.mark.parametrize("basis", ["", "Art. 9(2)(a)"])
def test_voices_are_described_only_where_identity_may_be_measured(basis: str) -> None:
    passes = pipeline(Settings(voice=VoiceSettings(identity="campplus", identity_basis=basis)))
    (describing,) = [one for one in passes if any(isinstance(stage, VoiceVectors) for stage in one.stages)]
    assert "r.may_identify" in describing.where
    assert f"({basis != ''} AND" in describing.where


def test_voices_are_not_described_unasked() -> None:
    stages = [stage for one in pipeline(Settings()) for stage in one.stages]
    assert not any(isinstance(stage, VoiceVectors) for stage in stages)
