"""The one table of what each feature weighs, and the thresholds.

Fitted by ``benchmarks/fit_matching.py`` on its half of the works, and measured by ``benchmarks/bench_matching.py`` on
the other. ``nobody_named``, ``first_author_alone`` and ``subtitle_not_in_record`` came later and were set by hand on
the fitting half: a fit of all together gave less to the journal, and let works of wrong journals in. A weight is in
logits for a feature's whole range, 0 to 1 (see ``features.features_of``).
"""

import math
from collections.abc import Mapping

from .features import Comparison, features_of

INTERCEPT = 4.90
WEIGHTS: Mapping[str, float] = {
    "title_distance": -3.99,
    "subtitle_left_out": -4.03,
    "subtitle_not_in_record": -4.60,
    "words_substituted": -6.00,
    "words_extra": -4.15,
    "words_missing": -3.49,
    "words_cut_off": -3.19,
    "particles_differ": -1.35,
    "words_misspelt": -0.41,
    "title_short": -1.61,
    "authors_unknown": -1.02,
    "nobody_named": -0.30,
    "first_author_alone": -1.90,
    "authors_strange": -5.90,
    "authors_left_out": -0.78,
    "first_author": 1.14,
    "initials_differ": -2.99,
    "year_unknown": -0.96,
    "year_near": -1.40,
    "year_far": -4.31,
    "container_unknown": -0.37,
    "container_distance": -4.11,
    "volume_same": 0.17,
    "volume_differs": -1.70,
    "number_differs": -1.51,
    "page_same": 1.81,
    "place_same": 1.43,
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
    return 1.0 / (1.0 + math.exp(-logit))
