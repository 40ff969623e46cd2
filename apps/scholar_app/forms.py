"""The upload form: every refusal says what is wrong and where, and costs nothing."""

import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .enrichment.document import Document, Limits, glance
from .enrichment.errors import DocumentError
from .held import Upload
from .uploads import sent_name

EXTENSIONS: Final = (".bib", ".bibtex")
#: What most file systems take, and the column that keeps it.
MAX_NAME: Final = 255
#: Reading a file of this size, in bytes, takes a few hundredths of a second.
_READ_AT_ONCE: Final = 256 * 1024
#: A name like ``refs.exe.bib`` pretends to be something; ``refs.2024.bib`` does not.
_PRETENDING: Final = frozenset(
    (".exe", ".com", ".bat", ".cmd", ".scr", ".msi", ".dll", ".jar", ".js", ".vbs", ".ps1", ".sh", ".py", ".php",
     ".asp", ".aspx", ".jsp", ".cgi", ".htm", ".html", ".svg", ".zip", ".gz", ".pdf", ".doc", ".docx")
)  # fmt: skip
#: Invisible characters that turn the reading direction, so that a name looks like another one.
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STATUS: Final[Mapping[str, HTTPStatus]] = {
    "required": HTTPStatus.BAD_REQUEST,
    "several": HTTPStatus.BAD_REQUEST,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


class UploadForm(forms.Form):
    """One BibTeX file and how to treat it. Valid, it offers an :class:`~.held.Upload`."""

    bibtex_file = forms.FileField(
        label=gettext_lazy("BibTeX file"),
        allow_empty_file=True,
        error_messages={
            "required": gettext_lazy("No file was chosen. Choose a BibTeX file (.bib) and send the form again."),
        },
        widget=forms.FileInput(attrs={"accept": ",".join(EXTENSIONS)}),
    )
    replace_placeholders = forms.BooleanField(
        required=False,
        label=gettext_lazy("Replace placeholders"),
        help_text=gettext_lazy("Values like {}, {unknown}, {n/a} or ?? give way to what is found."),
    )

    @property
    def status(self) -> HTTPStatus:
        """200 as long as nothing is wrong, else the HTTP status that fits the first error."""
        codes = [error.code for error in self.errors.as_data().get("bibtex_file", [])]
        if not codes:
            return HTTPStatus.OK
        return _STATUS.get(codes[0] or "", HTTPStatus.UNPROCESSABLE_ENTITY)

    @property
    def upload(self) -> Upload:
        """What was sent; only for a valid form."""
        name, data, entries = self.cleaned_data["bibtex_file"]
        options = {"replace_placeholders": self.cleaned_data["replace_placeholders"]}
        return Upload(data=data, original_name=name, entries_total=entries, options=options)

    def refuse(self, message: str, *, code: str) -> None:
        """Say of the file what only the view could know."""
        self.full_clean()
        self.errors["bibtex_file"] = self.error_class([ValidationError(message, code=code)])

    def clean_bibtex_file(self) -> tuple[str, bytes, int]:
        """Name, bytes and number of entries."""
        if len(self.files.getlist("bibtex_file")) > 1:
            raise ValidationError(_("Several files were sent. Send one at a time."), code="several")
        file = cast("UploadedFile[Any]", self.cleaned_data["bibtex_file"])
        name = checked_name(sent_name(file))
        _check_size(file)
        data = file.read()
        return name, data, checked_entries(data)


def checked_name(name: str) -> str:
    """The name itself. Raises ``ValidationError`` for one that is no plain name of a BibTeX file."""
    if len(name) > MAX_NAME:
        raise ValidationError(
            _("The file's name has %(length)d characters; at most %(limit)d are taken. Rename the file."),
            code="name_too_long",
            params={"length": len(name), "limit": MAX_NAME},
        )
    if "/" in name or "\\" in name:
        raise ValidationError(
            _("The file's name must be a plain name, without a path: it holds “/” or “\\”. Rename the file."),
            code="name_with_path",
        )
    if any(unicodedata.category(character) in {"Cc", "Cs"} or character in _TURNING for character in name):
        raise ValidationError(
            _("The file's name holds control characters. Rename the file and choose it again."),
            code="name_with_controls",
        )
    return _with_extension(name)


def _with_extension(name: str) -> str:
    suffixes = [suffix.lower().strip() for suffix in PurePosixPath(name).suffixes]
    if not suffixes or suffixes[-1] not in EXTENSIONS:
        raise ValidationError(
            _("“%(name)s” does not end in .bib or .bibtex. If it is a BibTeX file, rename it to end in .bib."),
            code="wrong_extension",
            params={"name": name},
        )
    if pretending := _PRETENDING.intersection(suffixes[:-1]):
        raise ValidationError(
            _("“%(name)s” has a double extension (%(extension)s before .bib). Rename the file."),
            code="double_extension",
            params={"name": name, "extension": min(pretending)},
        )
    return name


def _check_size(file: "UploadedFile[Any]") -> None:
    limit: int = settings.SCITEX_MAX_UPLOAD_BYTES
    if (file.size or 0) > limit:
        raise ValidationError(
            _("The file has %(size)s; at most %(limit)s are taken. Split it and upload the parts one by one."),
            code="too_large",
            params={"size": filesizeformat(file.size or 0), "limit": filesizeformat(limit)},
        )


def limits() -> Limits:
    """What a file may be at most, by the settings."""
    return Limits(max_bytes=settings.SCITEX_MAX_UPLOAD_BYTES, max_entries=settings.SCITEX_MAX_ENTRIES)


def checked_entries(data: bytes) -> int:
    """How many entries the file holds. Raises ``ValidationError`` where it is refused."""
    try:
        return _count_entries(data, limits=limits())
    except DocumentError as error:
        raise ValidationError(str(error), code=error.code) from error


def _count_entries(data: bytes, *, limits: Limits) -> int:
    """Exact for small files. Large ones are not read but looked at, in linear time, and the number is a good guess."""
    if len(data) > _READ_AT_ONCE:
        return glance(data, limits=limits)
    return len(Document.read(data, limits=limits).entries)
