"""arXiv's ``/api/query`` (Atom), as it answers in the recordings."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from .requests import Reply, Request
from .works import Work, words

_FEED = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" "
    'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>Query</title>'
)


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/api/query?id_list=...`` and ``?search_query=ti:a AND ti:b``."""
    if request.path != "/api/query":
        return Reply.text("<html>404</html>", status=404, kind="text/html")
    if "id_list" in request.params:
        asked = request.params["id_list"].split(",")
        found = [work for work in works if work.arxiv in asked]
    else:
        asked = re.findall(r"ti:(\w+)", request.params["search_query"])
        found = [work for work in works if work.arxiv and set(asked) <= words(work.title)]
    entries = "".join(map(shape, found[: int(request.params["max_results"])]))
    return Reply.text(f"{_FEED}{entries}</feed>", kind="application/atom+xml; charset=utf-8")


def shape(work: Work) -> str:
    """An entry as arXiv describes it."""
    authors = "".join(f"<author><name>{escape(f'{given} {family}')}</name></author>" for family, given in work.authors)
    published = f"<arxiv:doi>{escape(work.doi)}</arxiv:doi>" if work.doi else ""
    return (
        f"<entry><id>http://arxiv.org/abs/{work.arxiv}v2</id><title>{escape(work.title)}</title>"
        f"<published>{work.year}-03-01T08:18:33Z</published><summary>{escape(work.abstract)}</summary>"
        f'<arxiv:primary_category term="cs.IT"/>{published}{authors}</entry>'
    )
