"""`corpus import`: media and labels of a published corpus meet, and what does not fit is told."""

import csv
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.ratings.layout import Asked, Layout
from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.corpus import CorpusFolder, CorpusImported, import_corpus
from pipelines.imports.schemes import licence_of
from schemas.errors import BadInput, BadSetting
from tests.pipelines.conftest import Builder

pytestmark = pytest.mark.long

RESPONSES = "localid,ttr,queryType,clipName,respEmo,respLevel,dispEmo"


def sound(path: Path, frames: int = 800) -> None:
    """A short sound; another number of frames is another file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"\1\0" * frames)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of `crema_d`."""
    return crema_d(tmp_path)


def crema_d(around: Path) -> Path:
    """A CREMA-D folder of three clips, one with an odd name, and raw answers about two clips, one of them missing."""
    corpus = around / "CREMA-D"
    sound(corpus / "AudioWAV" / "1001_IEO_ANG_HI.wav", 800)
    sound(corpus / "AudioWAV" / "1002_TIE_SAD_XX.wav", 900)
    sound(corpus / "AudioWAV" / "take two.wav", 1000)
    rows = [
        "r1,2000,1,1001_IEO_ANG_HI,A,50,ANG",
        "r2,2000,1,1001_IEO_ANG_HI,F,20,FEA",
        "r1,2000,1,1003_DFA_HAP_XX,H,9,HAP",
    ]
    (corpus / "finishedResponses.csv").write_text("\n".join([RESPONSES, *rows]), "utf-8")
    return corpus


@pytest.fixture
def imported(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection with that corpus, of which the folder is `incoming/CREMA-D` beside it."""
    return copy_of(imported_in)


def imported_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `imported`."""
    brought(collection.make(home, "collection", ()).home, crema_d(media))


def brought(home: Path, folder: Path, name: str = "crema-d", **told: object) -> CorpusImported:
    return import_corpus(CorpusFolder(home, collection.find(home).people, folder, name, **told))  # type: ignore[arg-type]


def test_media_come_with_the_licence_of_the_corpus(home: Path, folder: Path) -> None:
    done = brought(home, folder)
    assert (done.source.basis, done.source.licence) == ("licence", "ODbL-1.0")
    assert Catalog(home).rows("SELECT count(*) FROM assets") == [(3,)]
    assert Catalog(home).rows("SELECT DISTINCT licence FROM sources") == [("ODbL-1.0",)]


def test_a_licence_that_is_given_replaces_that_of_the_corpus(home: Path, folder: Path) -> None:
    assert brought(home, folder, licence="CC-BY-4.0").source.licence == "CC-BY-4.0"


def test_names_become_labels_of_a_rater_of_kind_corpus_on_the_media_themselves(imported: Path) -> None:
    rows = Catalog(imported).rows(
        """SELECT f.name, a.question, a.value, r.kind FROM answers a JOIN raters r ON r.id = a.rater
           JOIN asks k ON k.id = a.ask JOIN about o ON o.item = k.item AND o.clip_kind = 'whole'
           JOIN (SELECT DISTINCT asset, name FROM statements) f ON f.asset = o.asset
           WHERE a.rater = 'crema-d-names/names' ORDER BY ALL"""
    )
    assert rows == [
        ("AudioWAV/1001_IEO_ANG_HI.wav", "acted_emotion", '"anger"', "corpus"),
        ("AudioWAV/1001_IEO_ANG_HI.wav", "acted_level", '"high"', "corpus"),
        ("AudioWAV/1002_TIE_SAD_XX.wav", "acted_emotion", '"sadness"', "corpus"),
        ("AudioWAV/1002_TIE_SAD_XX.wav", "acted_level", '"unspecified"', "corpus"),
    ]


def test_what_a_name_asks_for_is_provenance_and_its_speaker_a_pseudonym(imported: Path) -> None:
    people = collection.find(imported).people
    rows = Catalog(imported).rows(
        "SELECT DISTINCT d.speaker, d.requested, d.language FROM described d JOIN statements s USING (asset) WHERE s.name LIKE '%1001_IEO_ANG_HI.wav'"
    )
    assert rows == [(people.of("crema-d/1001"), "anger", "en")]


def test_raw_answers_meet_the_media_they_are_about(imported: Path) -> None:
    rows = Catalog(imported).rows(
        """SELECT i.kind, a.question, a.value FROM answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item
           JOIN raters r ON r.id = a.rater WHERE r.kind = 'person' AND a.question = 'voice_emotion' ORDER BY ALL"""
    )
    assert rows == [
        ("clip", "voice_emotion", '"anger"'),
        ("clip", "voice_emotion", '"fear"'),
        ("key", "voice_emotion", '"happiness"'),
    ]


def test_what_does_not_fit_is_told_and_written_down(home: Path, folder: Path) -> None:
    done = brought(home, folder)
    assert done.unlabelled == ("AudioWAV/take two.wav",)
    assert done.fileless == ("crema-d/1003_DFA_HAP_XX",)
    (conflict,) = done.conflicts
    assert (conflict.line, conflict.item) == (3, "1001_IEO_ANG_HI")
    assert (conflict.table_says, conflict.name_says) == ("fear", "anger")
    assert done.file is not None
    with (home / done.file).open(encoding="utf-8") as lines:
        kinds = [row["what"] for row in csv.DictReader(lines)]
    assert kinds == ["file without labels", "labels without file", "file name against table"]


def test_files_their_authors_call_broken_are_named(home: Path, folder: Path) -> None:
    sound(folder / "AudioWAV" / "1076_MTI_SAD_XX.wav", 1100)
    assert brought(home, folder).unusable == ("AudioWAV/1076_MTI_SAD_XX.wav",)


def test_the_second_import_of_a_corpus_changes_nothing(imported: Path) -> None:
    folder = imported.parent / "incoming" / "CREMA-D"
    counted = "SELECT (SELECT count(*) FROM answers), (SELECT count(*) FROM items), (SELECT count(*) FROM assets)"
    before = Catalog(imported).rows(counted)
    done = brought(imported, folder)
    assert done.added.new == 0
    assert [one.committed.new for one in done.imported] == [0, 0]
    assert Catalog(imported).rows(counted) == before


def test_a_file_that_comes_later_takes_over_the_answers_of_its_key(imported: Path) -> None:
    folder = imported.parent / "incoming" / "CREMA-D"
    sound(folder / "AudioWAV" / "1003_DFA_HAP_XX.wav", 1200)
    assert brought(imported, folder).fileless == ()


def test_a_clip_that_is_here_as_sound_only_keeps_what_was_answered_about_its_picture(home: Path, folder: Path) -> None:
    (folder / "AudioWAV" / "1002_TIE_SAD_XX.wav").unlink()
    rows = [f"r{kind},2000,{kind},1001_IEO_ANG_HI,A,50,ANG" for kind in (1, 3)]
    (folder / "finishedResponses.csv").write_text("\n".join([RESPONSES, *rows]), "utf-8")
    done = [brought(home, folder).imported[-1].committed for _ in range(3)]
    assert [(one.new, one.withdrawn) for one in done] == [(4, 0), (0, 0), (0, 0)]


def test_only_what_is_answered_about_a_file_is_withdrawn_from_its_key(home: Path, folder: Path) -> None:
    sounds = folder / "AudioWAV"
    rows = [f"r{kind},2000,{kind},1001_IEO_ANG_HI,A,50,ANG" for kind in (1, 3)]
    (folder / "finishedResponses.csv").write_text("\n".join([RESPONSES, *rows]), "utf-8")
    (sounds / "1001_IEO_ANG_HI.wav").rename(folder / "kept")
    brought(home, folder)
    (folder / "kept").rename(sounds / "1001_IEO_ANG_HI.wav")
    done = brought(home, folder).imported[-1].committed
    assert (done.new, done.withdrawn) == (2, 2)
    rows = Catalog(home).rows(
        """SELECT i.kind, a.question FROM current_answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item
           WHERE a.state = 'given' AND a.question LIKE '%\\_emotion' ESCAPE '\\' AND a.question <> 'acted_emotion'
           ORDER BY ALL"""
    )
    assert rows == [("clip", "voice_emotion"), ("key", "audiovisual_emotion")]


def test_tables_that_were_not_used_are_named(home: Path, folder: Path) -> None:
    (folder / "processedResults").mkdir()
    (folder / "processedResults" / "tabulatedVotes.csv").write_text("x", "utf-8")
    (folder / "LICENSE.txt").write_text("x", "utf-8")
    assert brought(home, folder).passed_over == ("processedResults/tabulatedVotes.csv",)


def test_a_folder_with_nothing_of_the_corpus_says_what_was_expected(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        BadInput,
        match=r"nothing of crema-d; expected sound.* named like \{actor\}_\{sentence\}.*finishedResponses\.csv",
    ):
        brought(home, tmp_path / "empty")


def test_tables_without_media_come_in_by_themselves(home: Path, folder: Path) -> None:
    for path in (folder / "AudioWAV").iterdir():
        path.unlink()
    assert [one.tables for one in brought(home, folder).imported] == [("finishedResponses.csv",)]


def test_a_licence_that_is_given_holds_for_the_labels_too(home: Path, folder: Path) -> None:
    brought(home, folder, licence="CC-BY-4.0")
    ids = Catalog(home).rows("SELECT id FROM schemes")
    assert [licence_of(home, scheme) for (scheme,) in ids] == ["CC-BY-4.0", "CC-BY-4.0"]


def test_ravdess_needs_no_table(home: Path, tmp_path: Path) -> None:
    sound(tmp_path / "R" / "Actor_12" / "03-01-06-01-02-01-12.wav")
    done = brought(home, tmp_path / "R", "ravdess")
    assert done.source.licence == "CC-BY-NC-SA-4.0"
    assert done.file is None
    rows = Catalog(home).rows("SELECT question, value FROM answers ORDER BY 1")
    assert rows == [("acted_emotion", '"fear"'), ("acted_intensity", '"normal"')]


def test_meld_has_no_licence_so_its_media_stay_at_home(home: Path, tmp_path: Path) -> None:
    sound(tmp_path / "M" / "dev_splits_complete" / "dia0_utt0.mp4")
    rows = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n1,Oh,Ann,joy,positive,0,0\n"
    (tmp_path / "M" / "dev_sent_emo.csv").write_text(rows, "utf-8")
    done = brought(home, tmp_path / "M", "meld")
    assert done.source.basis == "unknown"
    assert (done.unlabelled, done.fileless) == ((), ())


def test_an_audformat_database_brings_its_media(home: Path, tmp_path: Path) -> None:
    sound(tmp_path / "D" / "audio" / "a.wav")
    header = """
name: emo
media: {mic: {type: audio}}
raters: {gold: {type: vote}}
schemes: {emotion: {dtype: str, labels: [anger, fear]}}
tables: {emotion: {type: filewise, columns: {emotion: {scheme_id: emotion, rater_id: gold}}}}
"""
    (tmp_path / "D" / "db.yaml").write_text(header, "utf-8")
    (tmp_path / "D" / "db.emotion.csv").write_text("file,emotion\naudio/a.wav,fear\naudio/b.wav,anger\n", "utf-8")
    done = brought(home, tmp_path / "D", "audformat")
    assert (done.unlabelled, done.fileless) == ((), ("emo/audio/b.wav",))


def test_a_further_table_of_the_user_comes_along(home: Path, folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("clip,who,strength\ntake two.wav,me,3\n1001_IEO_ANG_HI.wav,me,5\n", "utf-8")
    asked = Asked(name="strength", value="strength", minimum=1, maximum=5, step=1)
    layout = Layout(corpus="mine", item=("clip",), rater="who", question=(asked,))
    assert brought(home, folder, tables=((table, layout),)).unlabelled == ()


def test_a_corpus_or_folder_nobody_knows_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="did you mean 'ravdess'"):
        brought(home, tmp_path, "ravdes")
    with pytest.raises(BadInput, match="no folder"):
        brought(home, tmp_path / "nowhere", "ravdess")


def test_emodb_brings_what_was_acted_and_how_many_listeners_recognised_it(home: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "download"
    sound(corpus / "wav" / "03a01Fa.wav", 800)
    sound(corpus / "wav" / "08b10Wc.wav", 900)
    table = "Satz         erkannt  nat\u00fcrlich\r\n03a01Fa.wav  96,67\u00a0 80,00\r\n08b10Wc.wav \t100 75\r\n"
    (corpus / "erkennung.txt").write_bytes(table.encode("latin-1"))
    brought(home, corpus, "emodb")
    rows = Catalog(home).rows(
        """SELECT DISTINCT f.name, a.question, a.value FROM answers a JOIN asks k ON k.id = a.ask JOIN items i ON i.id = k.item
           JOIN clips c ON c.id = i.ref JOIN statements f ON f.asset = c.asset ORDER BY ALL"""
    )
    assert rows == [
        ("wav/03a01Fa.wav", "acted_emotion", '"happiness"'), ("wav/03a01Fa.wav", "recognised", "96.67"),
        ("wav/08b10Wc.wav", "acted_emotion", '"anger"'), ("wav/08b10Wc.wav", "recognised", "100"),
    ]  # fmt: skip
    assert Catalog(home).rows("SELECT DISTINCT language FROM statements WHERE speaker IS NOT NULL") == [("de",)]
