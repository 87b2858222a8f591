"""What schemathesis does not look at by itself."""

import re

import schemathesis

# serde's messages for values of the wrong shape. Everything that the description allows has the right shape.
MISSHAPEN = re.compile(
    r"^(missing field|unknown field|duplicate field|unknown variant|invalid (type|value|length))"
)
# JSON Schema accepts 3.0 as an integer (draft 2020-12 validation, 6.1.1), but the API requires 3 (docs/api.md).
WHOLE_WITH_A_FRACTION = re.compile(r"^invalid type: floating point `-?[0-9]+\.0`, expected [iu](32|64)$")
PROBLEMS = "https://carillon.example/problems/"
# Problems that a valid request cannot cause.
UNDESERVED = {"malformed-json", "unsupported-media-type", "invalid-header", "precondition-required"}


def is_described(case, name):
    """Whether a header is sent as its pattern wants it: near a bound, schemathesis makes values without a look at the pattern."""
    value = dict(case.headers or {}).get(name)
    described = case.operation.definition.raw.get("parameters", [])
    patterns = [it["schema"].get("pattern", "") for it in described if it.get("name") == name]
    return value is None or all(re.search(pattern, str(value)) for pattern in patterns)


def problem_of(response):
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return None
    return response.json()


@schemathesis.check
def accepted_shape(ctx, response, case):
    """A request that the description allows is never refused for its shape."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    problem = problem_of(response)
    if problem is None:
        return
    slug = problem["type"].removeprefix(PROBLEMS)
    if slug == "invalid-header" and not is_described(case, problem.get("field")):
        return
    details = [error["detail"] for error in problem.get("errors", [])]
    misshapen = [
        detail
        for detail in details
        if MISSHAPEN.match(detail) and not WHOLE_WITH_A_FRACTION.match(detail)
    ]
    if slug in UNDESERVED or misshapen:
        raise AssertionError(
            f"the description allows this request, and the API refuses it: {slug}: {problem.get('detail')}"
        )


@schemathesis.check
def named_problem(ctx, response, case):
    """A problem is one of those that the operation names in x-problems."""
    problem = problem_of(response)
    if problem is None:
        return
    named = case.operation.definition.raw.get("x-problems", [])
    slug = problem["type"].removeprefix(PROBLEMS)
    if slug not in named:
        raise AssertionError(f"{slug} is not among the problems of the operation")
    if problem["status"] != response.status_code:
        raise AssertionError(f"the status in the body is {problem['status']}")
