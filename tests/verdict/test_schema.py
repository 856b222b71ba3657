"""The published schema and the verdict's models say the same."""

import json
from datetime import UTC, datetime
from importlib import resources

import jsonschema
import pytest

from courseware.verdict import ApplicationReport, CheckResult, Failure, Outcome, StartFailure, TaskResult, Verdict

SCHEMA = json.loads(resources.files("courseware.verdict").joinpath("schema.json").read_text())


def verdict() -> Verdict:
    """A verdict with a check of each outcome."""
    failure = Failure(key="wrong_status", asked="GET /", expected="200", got="500")
    checks = tuple(
        CheckResult(
            id=outcome.value,
            task="1.1",
            sentence="It holds.",
            visible=True,
            outcome=outcome,
            points=3 if outcome is Outcome.PASSED else 0,
            points_possible=3,
            failure=failure if outcome is Outcome.FAILED else None,
            seconds=0.01,
        )
        for outcome in Outcome
    )
    return Verdict(
        step=1,
        title="Greeting",
        submission="0" * 64,
        checks_version="1" * 64,
        judged_by="plain",
        judged_at=datetime(2026, 11, 20, tzinfo=UTC),
        seconds=0.5,
        seed=7,
        valid=True,
        application=ApplicationReport(started=True),
        tasks=(TaskResult(id="1.1", title="Greet", points=3, points_possible=12, held=False),),
        checks=checks,
    )


def test_schema_is_the_models_own() -> None:
    told = {key: value for key, value in SCHEMA.items() if key not in ("$schema", "$id")}
    assert told == Verdict.model_json_schema(mode="serialization"), "run: python -m courseware.verdict.schema"


def test_verdict_as_json_fits_the_schema_and_comes_back_the_same() -> None:
    written = verdict().model_dump_json()
    jsonschema.validate(json.loads(written), SCHEMA, format_checker=jsonschema.FormatChecker())
    assert Verdict.model_validate_json(written) == verdict()


@pytest.mark.parametrize("spoilt", [{"step": "one"}, {"judged_by": "trust"}, {"points": 100}, {"format": 2}])
def test_other_things_do_not_fit(spoilt: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**verdict().model_dump(mode="json"), **spoilt}, SCHEMA)


def test_invalid_verdict_never_holds() -> None:
    checks = tuple(check for check in verdict().checks if check.outcome is Outcome.PASSED)
    tasks = tuple(task.model_copy(update={"held": True}) for task in verdict().tasks)
    assert verdict().model_copy(update={"checks": checks, "tasks": tasks}).held
    assert not verdict().model_copy(update={"checks": checks, "tasks": tasks, "valid": False}).held
    assert not verdict().held


def test_verdict_without_tasks_never_holds() -> None:
    assert not verdict().model_copy(update={"checks": (), "tasks": ()}).held


def test_verdict_with_any_text_can_be_written() -> None:
    hostile = "a\ud800b\x00\u202e\udfff"
    failure = Failure(key="wrong", asked=hostile, expected=hostile, got=hostile)
    check = verdict().checks[0].model_copy(update={"failure": failure})
    application = ApplicationReport(started=False, failure=StartFailure(phase="import", text=hostile), log=hostile)
    noted = Verdict.model_validate({**dict(verdict()), "notes": [hostile]})
    whole = noted.model_copy(update={"checks": (check,), "application": application})
    assert Verdict.model_validate_json(whole.model_dump_json()) == whole
    assert failure.got == "a\\ud800b\x00\u202e\\udfff"
