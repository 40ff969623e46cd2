"""The one table of what each feature weighs, and the thresholds; fitted by ``benchmarks/fit_matching.py``."""

import math
from collections.abc import Mapping

from .features import Comparison, features_of

INTERCEPT = 4.90
WEIGHTS: Mapping[str, float] = {
    "title_distance": -3.99,
    "subtitle_left_out": -4.00,
    "subtitle_not_in_record": -2.38,
    "words_substituted": -6.00,
    "words_extra": -4.15,
    "words_missing": -3.45,
    "words_cut_off": -3.16,
    "particles_differ": -1.34,
    "words_misspelt": -0.63,
    "title_short": -1.63,
    "authors_unknown": -0.99,
    "authors_strange": -5.90,
    "authors_left_out": -0.76,
    "first_author": 1.10,
    "initials_differ": -2.98,
    "year_unknown": -0.94,
    "year_near": -1.43,
    "year_far": -4.26,
    "container_unknown": -0.53,
    "container_distance": -4.12,
    "volume_same": 0.19,
    "volume_differs": -1.69,
    "number_differs": -1.49,
    "page_same": 1.84,
    "place_same": 1.42,
    "page_differs": -3.59,
}

#: From this probability on a record is taken, if nothing else comes near: no other candidate within this many logits.
ACCEPT = 0.94
MARGIN = 1.5
#: From this probability on a record is shown as a candidate.
OFFER = 0.02


def probability(pair: Comparison) -> float:
    """The calibrated probability, 0 to 1, that both are one work."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in features_of(pair).items())
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, logit))))
