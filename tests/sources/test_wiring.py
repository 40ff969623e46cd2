"""The sources as the settings say."""

import tomllib
from decimal import Decimal

import pytest

from apps.scholar_app import wiring
from apps.scholar_app.catalogue.memory import Remembering
from apps.scholar_app.catalogue.source import CatalogueSource
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.registry import INDEXES
from apps.scholar_app.enrichment.sources.titles import TITLES
from apps.scholar_app.lookups import Lookup
from scitex_cloud.environment import REMOTE_SOURCES, SOURCES
from tests.indexserver import Work
from tests.indexserver.faults import status

from .faking import TODAY

pytestmark = pytest.mark.django_db
ONE = Identifier("doi", "10.1000/one")


@pytest.fixture(autouse=True)
def site(settings, tmp_path, server):
    """A data directory of the test's own, and every index on the tests' server."""
    settings.SCITEX_DATA_DIR = tmp_path
    settings.SCITEX_SOURCE_URLS = {name: server.url(name) for name in REMOTE_SOURCES}
    server.works.append(Work("One", doi="10.1000/one"))
    return settings


def client_of(name):
    [source] = wiring.build_sources([name])
    assert isinstance(source, Remembering)
    return source._source._client  # type: ignore[attr-defined]


def test_every_source_that_can_be_named_can_be_built():
    assert set(INDEXES) == set(REMOTE_SOURCES)
    assert [source.name for source in wiring.build_sources(SOURCES)] == list(SOURCES)


def test_every_index_has_one_name_for_people():
    assert {name: index.manners(Access()).title for name, index in INDEXES.items()} == TITLES


def test_sources_come_in_the_order_of_the_settings(site):
    site.SCITEX_SOURCES = ("openalex", "catalogue", "crossref")
    assert [source.name for source in wiring.build_sources()] == ["openalex", "catalogue", "crossref"]


def test_catalogue_alone_needs_nothing_else(tmp_path):
    [source] = wiring.build_sources(["catalogue"])
    assert isinstance(source, CatalogueSource)
    assert not (tmp_path / "limits").exists()


def test_answer_is_remembered_and_bears_the_date_it_was_given(server):
    for _ in range(2):
        [source] = wiring.build_sources(["crossref"], today=TODAY)
        assert isinstance(source, Remembering)
        assert source.fetch([ONE])[ONE].retrieved == TODAY
    assert len(server.calls("crossref")) == 1


def test_failure_is_not_remembered(server, site):
    site.SCITEX_SOURCE_PATIENCE_SECONDS = 0
    server.plan("crossref", [status(405)])
    with pytest.raises(SourceError):
        wiring.build_sources(["crossref"])[0].fetch([ONE])
    assert not Lookup.objects.exists()
    assert wiring.build_sources(["crossref"])[0].fetch([ONE])


@pytest.mark.parametrize(
    ("who", "agent"),
    [
        (("", ["localhost", "127.0.0.1"], False), "SciTeXScholar/{}"),
        (("op@example.org", ["localhost"], False), "SciTeXScholar/{} (mailto:op@example.org)"),
        (("", ["*", ".example.org"], True), "SciTeXScholar/{} (https://example.org/)"),
        (
            ("op@example.org", ["s.example.org"], False),
            "SciTeXScholar/{} (http://s.example.org/; mailto:op@example.org)",
        ),
    ],
)
def test_indexes_are_told_who_is_asking(server, site, who, agent):
    site.SCITEX_CONTACT_EMAIL, site.ALLOWED_HOSTS, site.SCITEX_HTTPS = who
    wiring.build_sources(["crossref"])[0].fetch([ONE])
    version = tomllib.loads((site.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
    assert server.calls("crossref")[0].request.headers["user-agent"] == agent.format(version)


def test_rate_of_the_settings_goes_before_the_default(site):
    assert client_of("crossref").manners.rates["list"] == (1, 1)
    site.SCITEX_SOURCE_RATES = site.SCITEX_SOURCE_RATES | {"crossref": (7, 2.0)}
    assert client_of("crossref").manners.rates == {"single": (7, 2.0), "list": (7, 2.0)}


def test_address_of_the_settings_goes_before_the_default(site):
    site.SCITEX_SOURCE_URLS = dict.fromkeys(REMOTE_SOURCES, "")
    assert client_of("crossref").manners.base_url == "https://api.crossref.org"
    site.SCITEX_SOURCE_URLS = site.SCITEX_SOURCE_URLS | {"crossref": "http://mirror.example.org/crossref/"}
    assert client_of("crossref").manners.base_url == "http://mirror.example.org/crossref"


@pytest.mark.parametrize(
    ("name", "setting", "place"),
    [
        ("openalex", "SCITEX_OPENALEX_KEY", lambda manners: manners.params["api_key"]),
        ("semanticscholar", "SCITEX_SEMANTICSCHOLAR_KEY", lambda manners: manners.headers["x-api-key"]),
        ("pubmed", "SCITEX_NCBI_KEY", lambda manners: manners.params["api_key"]),
    ],
)
def test_each_key_goes_to_its_own_index(site, name, setting, place):
    setattr(site, setting, "k3y")
    assert place(client_of(name).manners) == "k3y"
    others = [client_of(other).manners for other in REMOTE_SOURCES if other != name]
    assert all("k3y" not in [*manners.params.values(), *manners.headers.values()] for manners in others)


def test_health_of_the_indexes_can_be_seen(server):
    assert wiring.source_health() == []
    wiring.build_sources(["crossref"])[0].fetch([ONE])
    [health] = wiring.source_health()
    assert (health.source, health.down_since) == ("crossref", None)


def test_state_of_each_index_that_is_asked_can_be_seen(site):
    site.SCITEX_SOURCES = ("catalogue", "crossref", "openalex")
    wiring.build_sources(["crossref"])[0].fetch([ONE])
    crossref, openalex = wiring.source_states()
    assert (crossref.name, crossref.calls_last_day, crossref.money) == ("crossref", 1, None)
    assert (openalex.name, openalex.calls_last_day, openalex.money.left) == ("openalex", 0, 0.1)


@pytest.mark.parametrize(("setting", "budget"), [(None, 0.1), ("0.25", 0.25), ("0", 0.0)])
def test_budget_of_the_settings_goes_before_what_the_account_gives_away(site, setting, budget):
    site.SCITEX_OPENALEX_DAILY_BUDGET = setting and Decimal(setting)
    [openalex] = wiring.source_states(["openalex"])
    assert openalex.money.budget == budget


def test_limits_are_kept_in_redis_where_the_settings_name_one(site, redis_url, tmp_path):
    site.SCITEX_REDIS_URL = redis_url
    calls = wiring.source_states(["crossref"])[0].calls_last_day
    wiring.build_sources(["crossref"])[0].fetch([ONE])
    assert wiring.source_states(["crossref"])[0].calls_last_day == calls + 1
    assert "crossref" in [health.source for health in wiring.source_health()]
    assert not (tmp_path / "limits").exists()


def test_redis_that_is_away_is_no_licence_to_ask(site, server, tmp_path):
    site.SCITEX_REDIS_URL = f"unix://{tmp_path}/nobody"
    with pytest.raises(SourceError, match="Redis"):
        wiring.build_sources(["crossref"])
    assert server.calls("crossref") == []


def test_limits_that_cannot_be_kept_are_an_error(tmp_path):
    (tmp_path / "limits").write_text("in the way")
    with pytest.raises(SourceError, match="limits"):
        wiring.build_sources(["crossref"])
    with pytest.raises(SourceError, match="limits"):
        wiring.source_states(["crossref"])
