import pytest

from apps.scholar_app.enrichment.containers import Container, similarity_of_containers


def similarity(one, other):
    return similarity_of_containers((Container(one),), (Container(other),))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J. Comput. Phys.", "Journal of Computational Physics"),
        ("Journal of Computational Physics", "journal of computational physics"),
        ("Proc. Natl. Acad. Sci. USA", "Proceedings of the National Academy of Sciences"),
        ("PNAS", "Proceedings of the National Academy of Sciences of the United States of America"),
        ("IEEE Trans. Pattern Anal. Mach. Intell.", "IEEE Transactions on Pattern Analysis and Machine Intelligence"),
        ("CVPR", "2016 IEEE Conference on Computer Vision and Pattern Recognition (CVPR)"),
        ("CVPR", "IEEE Conference on Computer Vision and Pattern Recognition"),
        ("NeurIPS", "Advances in Neural Information Processing Systems 36"),
        ("Proc. STOC", "Proceedings of the thirty-second annual ACM symposium on Theory of computing"),
        ("SODA", "Proceedings of the Twenty-Ninth Annual ACM-SIAM Symposium on Discrete Algorithms"),
        ("RecSys", "Proceedings of the 7th ACM conference on Recommender systems"),
        ("FAccT 2024", "The 2024 ACM Conference on Fairness, Accountability, and Transparency"),
        ("AAAI", "Proceedings of the AAAI Conference on Artificial Intelligence"),
        ("BMJ", "British Medical Journal"),
        ("IEEE TPAMI", "IEEE Transactions on Pattern Analysis and Machine Intelligence"),
        ("CACM", "Communications of the ACM"),
        ("JACM", "Journal of the ACM"),
        ("PVLDB", "Proceedings of the VLDB Endowment"),
        (r"Health \& Place", "Health &amp; Place"),
    ],
)
def test_one_container_under_two_names(one, other):
    assert similarity(one, other) >= 0.8
    assert similarity(other, one) >= 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nature", "Nature Medicine"),
        ("Science", "Science Advances"),
        ("Cell", "Cell Reports"),
        ("JAMA", "JAMA Internal Medicine"),
        ("Physical Review A", "Phys. Rev. B"),
        ("Physical Review E", "Physical Review Letters"),
        ("ICML", "International Conference on Learning Representations"),
        ("NeurIPS", "Proceedings of the AAAI Conference on Artificial Intelligence"),
        ("Journal of Cats", "Journal of Dogs"),
        ("CACM", "Journal of the ACM"),
        ("TACM", "Communications of the ACM"),
        ("NATURE MEDICINE", "Nature Materials"),
    ],
)
def test_neighbours_are_other_containers(one, other):
    assert similarity(one, other) < 0.8


@pytest.mark.parametrize("nothing", ["", "Lecture Notes in Computer Science", "IEEE", "  "])
def test_what_names_no_container_says_nothing(nothing):
    assert similarity(nothing, "Nature") is None


def test_the_better_of_two_names_counts():
    assert similarity_of_containers((Container("JACS"),), (Container("X"), Container("JACS"))) == 1.0


@pytest.mark.parametrize("piece", ["In ", "A", "Aa", "J. ", "a "])
def test_a_long_name_is_compared_in_one_pass(piece):
    # Trying every way to spell an acronym would take longer than anybody waits.
    assert 0.0 <= (similarity("IIIIIIIA", piece * 10_000) or 0.0) <= 1.0
