"""The golden tests that a rule set brings along, ready to be run."""

from collections.abc import Mapping

from risk.domain.decision import Outcome
from risk.domain.features import FEATURES, POSITIONS
from risk.domain.golden import GoldenTest
from risk.domain.ruleset import RESULT, RuleSet, Source, Stake, Values
from risk.store.compiled import Fault, Faulty
from risk.store.documents import GoldenTestDocument, RuleSetDocument


def golden_tests(document: RuleSetDocument, ruleset: RuleSet) -> list[GoldenTest]:
    """Return the tests of a rule set.

    Raises:
        Faulty: a test names a feature, check or result that is not there, or of another type.
    """
    sources = {check.id: check.source for check in ruleset.slow if check.source is not None}
    faults: list[Fault] = []
    tests = [
        _golden(test, sources, f"tests.{position}", faults)
        for position, test in enumerate(document.tests)
    ]
    if faults:
        raise Faulty(faults)
    return tests


def _golden(
    test: GoldenTestDocument, sources: Mapping[str, Source], place: str, faults: list[Fault]
) -> GoldenTest:
    features = _features(test, place, faults)
    results: dict[str, Values] = {}
    for check, given in test.results.items():
        where = f"{place}.results.{check}"
        source = sources.get(check)
        if source is None:
            faults.append(Fault(where, "unknown_check", "no check of this id returns a result"))
        else:
            faults += _unreturned(source, given, where)
            results[check] = source.typed(given)
    payable, currency = features[POSITIONS["order.payable_minor"]], POSITIONS["order.currency"]
    return GoldenTest(
        name=test.name,
        features=features,
        results=results,
        stake=Stake(
            currency=str(features[currency]),
            payable_minor=payable if isinstance(payable, int) else 0,
        ),
        outcome=Outcome(test.expect),
        reasons=None if test.reasons is None else frozenset(test.reasons),
    )


def _features(test: GoldenTestDocument, place: str, faults: list[Fault]) -> Values:
    features: list[object] = [None] * len(FEATURES)
    for name, value in test.features.items():
        where = f"{place}.features.{name}"
        at = POSITIONS.get(name)
        if at is None:
            faults.append(Fault(where, "unknown_feature", "there is no such feature"))
        elif not FEATURES[at].type.admits(value):
            faults.append(Fault(where, "type", f"must be {FEATURES[at].type}"))
        else:
            features[at] = tuple(value) if isinstance(value, list) else value
    return tuple(features)


def _unreturned(source: Source, given: Mapping[str, object], place: str) -> list[Fault]:
    """Return what is wrong with the results a test gives for a check."""
    types = {each.name.removeprefix(RESULT): each.type for each in source.returns}
    faults: list[Fault] = []
    for name, value in given.items():
        if name not in types:
            faults.append(Fault(f"{place}.{name}", "unknown_result", "it returns no such thing"))
        elif not types[name].admits(value):
            faults.append(Fault(f"{place}.{name}", "type", f"must be {types[name]}"))
    return faults
