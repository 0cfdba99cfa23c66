"""Figures are drawn of any answers, are the same every time, and their tables are right."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotate.answers.votes import votes
from annotate.figures import cooccurrence, plots
from annotate.figures.plots import AgreementLine, Plane, RaterLine
from annotate.figures.style import legible, save

NAMES = ["anger", "fear", "joy"]
TABLE = np.array([[0.8, 0.2, 0.0], [0.5, 0.25, 0.25], [np.nan, np.nan, np.nan]])
LINES = [AgreementLine("joy", 0.6, 0.5, 0.7, 0.9), AgreementLine("fear", -0.1, None, None, 0.8, staged=True)]
RATERS = [RaterLine("p1", 0.1, 0.05, 0.2, 40), RaterLine("p2", 0.5, 0.4, 0.6, 90)]
PLANE = Plane([1.0, 8.0, 5.0], [2.0, 9.0, 5.0], ((1, 9), (1, 9)), ["joy", "fear", None], NAMES)


def drawn() -> dict[str, object]:
    many = [f"a category with quite a long name {n}" for n in range(40)]
    shares = np.linspace(0, 1, 40)
    return {
        "agreement": plots.agreement_figure("Agreement", LINES),
        "agreement of nothing": plots.agreement_figure("Agreement", [AgreementLine("joy", None)]),
        "confusion": plots.confusion_figure("Confusion", NAMES, TABLE),
        "cooccurrence": plots.cooccurrence_figure("Together", NAMES, TABLE),
        "forty": plots.cooccurrence_figure("Together", many, np.outer(shares, shares)),
        "emotions": plots.distribution_figure("Emotions", NAMES, np.array([0.2, 0.5, 0.3]), "% of items"),
        "leniency": plots.leniency_figure("Leniency", RATERS, "% yes", 0.15, percent=True),
        "plane": plots.plane_figure("Plane", PLANE),
        "plain plane": plots.plane_figure("Plane", Plane([1.0], [2.0], ((-1, 1), (-1, 1)), [None])),
    }


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save(plots.agreement_figure("Agreement", LINES), tmp_path / folder, "agreement")
        save(plots.plane_figure("Plane", PLANE), tmp_path / folder, "plane")
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_figure_is_saved_as_png_and_svg_of_the_width_of_a_page(tmp_path: Path) -> None:
    paths = save(plots.agreement_figure("Agreement", LINES), tmp_path / "new", "agreement")
    assert [path.name for path in paths] == ["agreement.png", "agreement.svg"]
    with Image.open(paths[0]) as picture:
        assert picture.width == 1660
    assert "<svg" in paths[1].read_text("utf-8")
    assert "Date" not in paths[1].read_text("utf-8")[:2000]


def test_every_text_of_a_figure_is_inside_the_picture(tmp_path: Path) -> None:
    for name, figure in drawn().items():
        (png, _) = save(figure, tmp_path, name)  # type: ignore[arg-type]
        with Image.open(png) as picture:
            pixels = np.asarray(picture.convert("L"))
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert (border > 200).all(), name


def test_a_script_without_a_font_falls_back_to_names_and_then_to_what_unicode_calls_its_letters() -> None:
    assert legible("joie é", "joy") == "joie é"
    assert legible("खुशी", "joy") == "joy"
    assert legible("शोक") == "sha-o-ka"
    assert legible("très 喜") == "très ideograph-559c"


def test_no_figure_has_boxes_for_letters(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    hindi = ["शोक", "खुशी", "क्रोध"]
    save(plots.confusion_figure("शोक", hindi, TABLE), tmp_path, "confusion")
    save(plots.distribution_figure("शोक", hindi, np.array([0.2, 0.5, 0.3]), "% of items"), tmp_path, "emotions")
    save(plots.plane_figure("शोक", replace(PLANE, categories=hindi, order=hindi)), tmp_path, "plane")
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


def test_drawing_leaves_the_style_of_others_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    drawn()
    assert dict(mpl.rcParams) == before


def test_coincidences_are_what_a_second_rater_says() -> None:
    some = votes(list("11222"), list("ababc"), ["joy", "fear", "joy", "joy", "fear"], NAMES)
    found = cooccurrence.coincidences(some)
    # item 1: joy and fear once each way; item 2, half a pair each: joy-joy 1, joy-fear 1, fear-joy 1
    assert found[2].tolist() == pytest.approx([0, 2 / 3, 1 / 3])
    assert found[1].tolist() == pytest.approx([0, 0, 1])
    assert np.isnan(found[0]).all()


def test_what_is_named_together_counts_items_with_two_answers() -> None:
    some = votes(list("1122334"), list("abababa"), ["joy", "fear", "joy", "joy", "joy", "fear", "joy"], NAMES)
    found = cooccurrence.named_by_another(some)
    assert found[2].tolist() == pytest.approx([0, 2 / 3, 1])
    assert found[1].tolist() == pytest.approx([0, 1, 1])


def test_what_is_present_together_counts_only_items_asked_about_both() -> None:
    items = [np.array([0, 1, 2]), np.array([1, 2, 3])]
    present = [np.array([True, True, True]), np.array([True, False, True])]
    found = cooccurrence.present_too(items, present)
    assert found.tolist() == [[1.0, 0.5], [1.0, 1.0]]


def test_mean_shares_count_every_item_the_same() -> None:
    some = votes(list("1112"), list("abca"), ["joy", "joy", "fear", "fear"], NAMES)
    assert cooccurrence.mean_shares(some).tolist() == pytest.approx([0, 2 / 3, 1 / 3])
