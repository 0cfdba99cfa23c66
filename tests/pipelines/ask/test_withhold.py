"""Who withdraws is not asked about any more: open tasks are closed on a real Label Studio, answered ones stay."""

from pathlib import Path

import pytest

from pipelines import collection
from pipelines.ask.withhold import withhold, withhold_where_possible
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from tests.pipelines.ask.test_round_trip import (  # noqa: F401  # fixtures
    answer,
    answered,
    asking,
    fetch,
    projects,
    send,
)
from tests.pipelines.collect.test_consents import SPEAKERS, consents
from tests.pipelines.conftest import SOURCE
from tests.studio_server import RunningStudio

pytestmark = pytest.mark.studio


@pytest.fixture
def spoken(asking: Path, media: Path) -> Path:  # noqa: F811
    """A collection that can be asked about, with two speakers."""
    add(Intake(asking, SOURCE, Metadata(SPEAKERS), collection.find(asking).people), [media])
    return asking


def tasks(home: Path, studio: RunningStudio) -> int:
    return sum(len(studio.client.asked(project)) for _, project in projects(home, studio.client))


def test_open_tasks_about_whoever_withdrew_are_closed_and_pull_is_not_surprised(
    spoken: Path, studio: RunningStudio
) -> None:
    send(spoken, studio.client)
    fetch(spoken, studio.client)
    consents(spoken, "speaker 0,,,withdrawn,\n")
    assert withhold(collection.find(spoken), studio.client) == 2
    assert tasks(spoken, studio) == 3
    assert [project.gone_tasks for project in fetch(spoken, studio.client)] == [0, 0]
    assert withhold(collection.find(spoken), studio.client) == 0


def test_a_push_closes_them_too_and_what_was_answered_stays(spoken: Path, studio: RunningStudio) -> None:
    send(spoken, studio.client)
    answer(spoken, studio.client, studio.rater(1).token, emotion="fear")
    fetch(spoken, studio.client)
    consents(spoken, "speaker 0,,,withdrawn,\n")
    assert [project.new for project in send(spoken, studio.client)] == [0, 0]
    assert tasks(spoken, studio) == 5


def test_consent_that_is_given_again_is_asked_about_again(spoken: Path, studio: RunningStudio) -> None:
    send(spoken, studio.client)
    consents(spoken, "speaker 0,,,withdrawn,\n")
    send(spoken, studio.client)
    assert tasks(spoken, studio) == 3
    consents(spoken, "speaker 0,annotate,,,\n")
    send(spoken, studio.client)
    assert tasks(spoken, studio) == 5


def test_a_collection_that_asked_nobody_needs_no_server(taken_in: Path) -> None:
    assert withhold_where_possible(collection.find(taken_in)) == (0, None)
