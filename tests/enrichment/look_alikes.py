"""Titles that look like another work's, by kind: what the indexes hold beside a work, and what people invent."""

NOTICES = (
    "Correction to: {}", "Corrections to “{}”", "Author Correction: {}", "Publisher Correction: {}", "Correction: {}",
    "Corrigendum: {}", "Corrigendum to “{}”", "Erratum: {}", "Erratum to: {}", "Errata: {}", "{}: Erratum",
    "{} [Erratum]",
    "Retraction: {}", "Retraction Note: {}", "Retraction note to: {}", "Retracted: {}", "Notice of retraction: {}",
    "Removal notice to {}", "Withdrawal: {}", "Withdrawn: {}",
    "Expression of Concern: {}", "Editorial Expression of Concern: {}", "Addendum: {}", "Addendum to “{}”",
    "Publisher’s Note: {}", "Publisher’s Note: “{}” [J. Exp. 12, 34 (2010)]", "{} (vol 12, pg 34, 2010)",
    "Berichtigung zu: {}", "Erratum zu: {}", "Rectificatif : {}", "Fe de erratas: {}", "Errata corrige: {}",
    "Correction notice: {}", "Editor’s Note: {}",
)  # fmt: skip
COMMENTS = (
    "Comment on “{}”", "Comments on: {}", "Comment: {}", "A comment on {}", "Commentary on {}", "Commentary: {}",
    "Invited Commentary: {}", "Reply to “{}”", "Reply: {}", "{}: Reply", "{} – Reply", "{}: a rejoinder",
    "Rejoinder: {}",
    "Reply to comment on “{}”", "Response to: {}", "Response: {}", "Authors’ response to “{}”", "Authors’ Reply: {}",
    "Author's reply to: {}", "In reply to: {}", "Re: {}", "RE: {}", "Letter to the Editor: {}", "Discussion of “{}”",
    "Discussion: {}", "{}: Discussion", "Closure to “{}”", "Rebuttal to “{}”", "A critique of “{}”",
    "Remarks on “{}”",
    "Some remarks on {}", "A note on {}", "Editorial comment: {}", "Editorial: {}", "Editorial on {}",
    "In response to: {}", "Highlights of {}", "Kommentar zu: {}", "Antwort auf {}", "Réponse à {}",
)  # fmt: skip
REVIEWS = (
    "Review of “{}”", "Review: {}", "Book Review: {}", "Book review of {}", "{} (book review)", "Review for “{}”",
    "Peer review of “{}”", "Decision letter for “{}”", "Decision letter: {}", "Author response: {}",
    "Faculty Opinions recommendation of {}.", "F1000Prime recommendation of {}", "Faculty of 1000 evaluation for {}.",
    "Reviewer report for {}", "Referee report. For: {}", "Recommendation of: {}", "Journal club: {}", "Rezension: {}",
    "Compte rendu : {}", "Reseña de {}",
)  # fmt: skip
SUPPLEMENTS = (
    "Supplementary material for {}", "Supplementary Material: {}", "Supplemental Material, {}", "Supplement to: {}",
    "Supporting Information for {}", "Supporting information: {}", "Data from: {}", "Data for: {}", "Dataset for {}",
    "Dataset: {}", "Replication Data for: {}", "Research data supporting “{}”", "Code for: {}",
    "Code and data for {}",
    "Software for {}", "Additional file 1 of {}", "Additional file 2: Table S1. {}", "MOESM1 of {}",
    "Figure 2 from: {}",
    "Table 3 from: {}", "Appendix to {}", "Appendix: {}", "Video abstract: {}", "Poster: {}", "Slides: {}",
    "Presentation: {}", "Abstract: {}", "Graphical abstract: {}", "Protocol for: {}", "Online appendix: {}",
)  # fmt: skip
SEQUELS = (
    "{} revisited", "{}, revisited", "Revisiting {}", "{} reconsidered", "{}: an update", "{}: Ten Years Later",
    "{}: 20 years on", "{}: further results", "Further results on {}", "More on {}", "{} in practice",
    "{} and beyond",
    "Beyond {}", "An introduction to {}", "Introduction to {}", "{}: an introduction", "Extended abstract: {}",
    "{} (extended abstract)", "{} (extended version)", "{} (short version)", "{}: preliminary version",
    "{} (abstract)",
    "{}: a review", "{}: a survey", "{}: an extended study", "{}: a follow-up study", "{} continued",
    "Advances in {}",
    "New results on {}", "Towards {}", "Rethinking {}", "{} for beginners", "Tutorial: {}", "{} — part two",
    "Notice of Violation of IEEE Publication Principles: {}",
    "Perspective: {}", "Debate: {}", "A debate: {}", "Consensus statement: {}", "Special section: {}",
)  # fmt: skip
PARTS = (
    ("{}. Part I", "{}. Part II"), ("{}: Part 1", "{}: Part 2"), ("{}. I", "{}. II"), ("{} I", "{} II"),
    ("{} (I)", "{} (III)"),
    ("{}, part one", "{}, part two"), ("{}. First part", "{}. Second part"), ("{}, Volume 1", "{}, Volume 2"),
    ("{}, vol. I", "{}, vol. II"), ("{}. Paper 1", "{}. Paper 2"), ("{}. Chapter 3", "{}. Chapter 4"),
    ("{}. Part A", "{}. Part B"), ("{} – 1", "{} – 2"), ("Part I: {}", "Part II: {}"), ("I. {}", "II. {}"),
    ("{}. 1. Theory", "{}. 2. Experiment"), ("{}: theory", "{}: experiments"), ("{}", "{}. Part II"), ("{}", "{} 2"),
    ("{}", "{} II"), ("{}. Teil 1", "{}. Teil 2"), ("{}. Première partie", "{}. Deuxième partie"),
    ("{}: Lecture 1", "{}: Lecture 2"), ("{}, Session 1", "{}, Session 2"), ("{}. Series A", "{}. Series B"),
)  # fmt: skip
EDITIONS = (
    ("{}", "{}, second edition"), ("{}", "{} (2nd ed.)"), ("{}", "{}: Third Edition"),
    ("{}, second edition", "{}, third edition"),
    ("{}", "{}, 4th edition"), ("{}", "{}. Revised edition"), ("{}", "{} (5th edn)"),
    ("{} (2nd ed.)", "{} (3rd ed.)"),
)  # fmt: skip
NUMBERS = (
    ("{} 2018", "{} 2020"), ("{}: results of 2009", "{}: results of 2010"), ("{} (version 1.0)", "{} (version 2.0)"),
    ("{} v3", "{} v4"), ("{} 1990-2017", "{} 1990-2019"), ("{} in 2D", "{} in 3D"), ("{} at 7 TeV", "{} at 8 TeV"),
    ("{}: release 12", "{}: release 13"), ("{}, 2015 update", "{}, 2017 update"), ("19th {}", "20th {}"),
    ("{}: the first year", "{}: the second year"), ("{} for H1N1", "{} for H5N1"), ("{}, 1980s", "{}, 1990s"),
    ("{} 3.0", "{} 4.0"), ("{} of type 1", "{} of type 2"), ("{}: phase II", "{}: phase III"), ("{} 2018", "{}"),
)  # fmt: skip
