"""The timer, installed by the script into a real ``systemd --user`` by a user of its own."""

import sys

import pytest

from tests.deployment.managing import HERE, ROOT, facts_of, obstacle, seen_once, throw_away_user

USER = "scholar-timer-test"
pytestmark = [pytest.mark.systemd, pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "none")]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was seen while the timer was installed, watched, broken and removed."""
    return seen_once(tmp_path_factory, "timer", install_and_watch)


def install_and_watch() -> dict[str, str]:
    with throw_away_user(USER) as data:
        variables = {"CHECKOUT": str(ROOT), "PYTHON": sys.executable, "DATA": str(data)}
        return facts_of(USER, HERE / "install_and_watch.sh", folder=data, reachable=ROOT, **variables)


def test_an_installation_whose_first_run_fails_has_failed(facts: dict[str, str]) -> None:
    assert (facts["unmigrated_status"], facts["unmigrated_words"]) == ("1", "1")


def test_an_installation_runs_once_and_shows_the_next_run(facts: dict[str, str]) -> None:
    assert (facts["first_status"], facts["first_run"], facts["lists_the_timer"]) == ("0", "1", "1")


def test_the_settings_of_the_shell_are_kept_for_their_owner_alone(facts: dict[str, str]) -> None:
    assert facts["kept_settings_mode"] == "600"


def test_installing_twice_is_the_same_as_once(facts: dict[str, str]) -> None:
    assert (facts["second_status"], facts["second_wrote"], facts["unchanged"]) == ("0", "0", "yes")


def test_the_timer_fails_a_stale_job_and_the_run_is_recorded(facts: dict[str, str]) -> None:
    assert (facts["stale_before"], facts["stale_after"], facts["recorded_runs"]) == ("pending", "failed", "1")


def test_the_journal_has_the_runs(facts: dict[str, str]) -> None:
    assert facts["journal"] == "yes"


@pytest.mark.parametrize("verb", ["status", "disable", "enable", "stop", "start"])
def test_the_operators_commands_work(facts: dict[str, str], verb: str) -> None:
    assert facts[verb] == "0"


def test_the_timer_is_enabled_and_knows_its_next_run(facts: dict[str, str]) -> None:
    assert (facts["enabled"], facts["next_run"]) == ("enabled", "1")


def test_a_failed_run_is_seen_and_the_timer_goes_on(facts: dict[str, str]) -> None:
    assert (facts["fails_without_database"], facts["goes_on"]) == ("failed", "failed")


def test_uninstalling_leaves_nothing_and_can_be_repeated(facts: dict[str, str]) -> None:
    left = facts["left_over"], facts["active_after_uninstall"]
    assert (facts["uninstall_status"], facts["uninstall_again_status"], *left) == ("0", "0", "0", "inactive")
