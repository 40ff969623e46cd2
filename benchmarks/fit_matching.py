"""Fits ``apps/scholar_app/enrichment/weights.py``: ``python -m benchmarks.fit_matching`` prints the new table.

Needs numpy and scipy, which the product does not: install them into an environment of their own beside the
product's dependencies. Data: the half of the works of ``matching_cases`` that ``Case.is_for_fitting`` names (real
Crossref and OpenAlex works, perturbed, with look-alikes and absent works); the other half is never looked at.
"""

import sys
from collections.abc import Iterator

import numpy as np  # type: ignore[import-not-found]
from scipy.optimize import minimize  # type: ignore[import-untyped]

from apps.scholar_app.enrichment.doubts import only_offer
from apps.scholar_app.enrichment.features import Comparison, features_of
from apps.scholar_app.enrichment.guards import other_work
from apps.scholar_app.enrichment.matching import is_hopeless
from apps.scholar_app.enrichment.references import form_of, reference_of

from .matching_cases import World, build_world
from .matching_index import Index

#: What is thought before any data is seen, and what weights are drawn to where the data says little: no noise model
#: holds all of life (a made look-alike is never misspelt, a made entry never has a namesake's initials).
PRIOR = {
    "title_distance": -4.0, "subtitle_left_out": -2.0, "subtitle_not_in_record": -1.5, "words_substituted": -6.0, "words_extra": -4.0,
    "words_missing": -3.0, "words_cut_off": -1.5, "particles_differ": -1.0, "words_misspelt": -0.5, "title_short": -1.0,
    "authors_unknown": -1.0, "nobody_named": -0.5, "first_author_alone": -2.0, "authors_strange": -6.0, "authors_left_out": -1.0, "first_author": 1.0,
    "initials_differ": -3.0, "year_unknown": -0.5, "year_near": -1.0, "year_far": -4.0, "container_unknown": -0.5,
    "container_distance": -3.0, "volume_same": 1.0, "volume_differs": -2.0, "number_differs": -1.0, "page_same": 2.0,
    "place_same": 1.5, "page_differs": -3.0,
}  # fmt: skip
_RIDGE = 3.0


def main(seeds: list[int]) -> None:
    """Prints the table for ``weights.py``."""
    pairs = [pair for seed in seeds for pair in labelled_pairs(build_world(seed))]
    names = list(pairs[0][0])
    x = np.array([list(features.values()) for features, _ in pairs])
    y = np.array([label for _, label in pairs])
    print(f"# {len(y)} pairs past the guards, {y.sum()} of them one work; seeds {seeds}")
    weights = _fit(x, y, names)
    print(f"INTERCEPT = {weights[-1]:.2f}\nWEIGHTS: Mapping[str, float] = {{")
    for name, weight in zip(names, weights, strict=False):
        print(f'    "{name}": {weight:.2f},')
    print("}")


def labelled_pairs(world: World) -> Iterator[tuple[dict[str, float], bool]]:
    """The features of each pair that the guards leave to the score, and whether it is one work."""
    index = Index(world.records)
    for case in (case for case in world.cases if case.is_for_fitting):
        reference = reference_of(case.entry)
        for record in index.candidates(reference):
            form = form_of(record)
            if not reference.title or is_hopeless(reference.form, form) or record.doi in case.tolerated - case.right:
                continue
            pair = Comparison(reference.form, form)
            if other_work(reference.form, form, pair, record_type=record.type) or only_offer(
                reference.form, form, pair
            ):
                continue
            yield features_of(pair), record.doi in case.right


def _fit(x: np.ndarray, y: np.ndarray, names: list[str]) -> np.ndarray:
    """Logistic regression, ridge around the prior, weights keeping its signs; the intercept comes last."""
    x = np.hstack([x, np.ones((len(x), 1))])
    sign = np.where(y, 1.0, -1.0)
    ridge = np.append(np.full(len(names), _RIDGE), 0.0)

    prior = np.array([*(PRIOR[name] for name in names), 0.0])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ w)
        value = np.logaddexp(0, -margin).sum() + 0.5 * (ridge * (w - prior) ** 2).sum()
        return value, x.T @ (-sign / (1 + np.exp(margin))) + ridge * (w - prior)

    bounds = [(0, None) if PRIOR[name] > 0 else (None, 0) for name in names] + [(None, None)]
    return minimize(loss, prior, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 2000}).x


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1, 2])
