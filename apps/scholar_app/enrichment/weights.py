"""The one table of what each feature weighs, and the thresholds; fitted by ``benchmarks/fit_matching.py``."""

import math
from collections.abc import Mapping

from .features import Comparison, features_of

INTERCEPT = 4.67
WEIGHTS: Mapping[str, float] = {
    "title_distance": -3.62,
    "title_without_subtitle": -4.03,
    "words_substituted": -6.00,
    "words_extra": -4.68,
    "words_missing": -4.42,
    "words_cut_off": -3.11,
    "particles_differ": -4.82,
    "words_misspelt": -0.03,
    "title_short": -0.49,
    "authors_unknown": -0.87,
    "authors_strange": -6.04,
    "authors_left_out": -0.59,
    "first_author": 0.90,
    "initials_differ": -2.76,
    "year_unknown": -0.94,
    "year_near": -1.88,
    "year_far": -4.54,
    "container_unknown": -0.42,
    "container_distance": -3.75,
    "volume_same": 0.02,
    "volume_differs": -2.12,
    "number_differs": -1.80,
    "page_same": 1.95,
    "place_same": 1.20,
    "page_differs": -3.21,
}

#: From this probability on a record is taken, if nothing else comes near: no other candidate within this many logits.
ACCEPT = 0.93
MARGIN = 1.5
#: From this probability on a record is shown as a candidate.
OFFER = 0.02


def probability(pair: Comparison) -> float:
    """The calibrated probability, 0 to 1, that both are one work."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in features_of(pair).items())
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, logit))))
