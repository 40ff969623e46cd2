"""The upload form: every refusal says what is wrong and where, and costs nothing."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any, Final, Self, cast

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
from .options import CHOOSABLE, FIELD_GROUPS, checked_fields, checked_sources
from .uploads import sent_name

EXTENSIONS: Final = (".bib", ".bibtex")
#: What most file systems take, and the column that keeps it.
MAX_NAME: Final = 255
#: What text is called that came without a file.
PASTED_NAME: Final = "pasted.bib"
#: Reading a file of this size, in bytes, takes a few hundredths of a second.
READ_AT_ONCE: Final = 256 * 1024
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


class NamesField(forms.Field):
    """Names out of many, sent as several values, separated by commas, or both; valid, ``None`` means all of them.

    Sent without any value, by a form whose boxes are all empty, it means none; not sent at all, it means all.
    """

    def __init__(self, check: Callable[[Sequence[str]], list[str] | None]) -> None:
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple)
        self._check = check

    def clean(self, value: Sequence[str]) -> list[str] | None:
        """The names, checked."""
        return self._check(value) if value else None


@dataclass(frozen=True, slots=True)
class Box:
    """One of several boxes to tick."""

    name: str
    ticked: bool


class OptionsForm(forms.Form):
    """How a file is to be treated."""

    replace_placeholders = forms.BooleanField(
        required=False,
        label=gettext_lazy("Replace placeholders"),
        help_text=gettext_lazy("Values like {}, {unknown}, {n/a} or ?? give way to what is found."),
    )
    #: Heeded only for who can have a letter: see ``letters``.
    letter = forms.BooleanField(required=False, label=gettext_lazy("E-mail me when it is done"))
    fields_to_add = NamesField(checked_fields)
    sources = NamesField(checked_sources)

    def add_prefix(self, field_name: str) -> str:
        """``fields`` is the form's own word in Python, so that its field has another name there."""
        return "fields" if field_name == "fields_to_add" else super().add_prefix(field_name)

    @classmethod
    def remembering(cls, options: Mapping[str, Any]) -> Self:
        """A new form that begins with the options of an earlier job."""
        return cls(initial={**options, "fields_to_add": options.get("fields")})

    @property
    def options(self) -> dict[str, Any]:
        """What was chosen, as a job keeps it; only for a valid form."""
        chosen = {"fields": self.cleaned_data["fields_to_add"], "sources": self.cleaned_data["sources"]}
        given: dict[str, Any] = {name: names for name, names in chosen.items() if names is not None}
        if self.cleaned_data["letter"]:
            given["letter"] = True
        return {"replace_placeholders": self.cleaned_data["replace_placeholders"], **given}

    @property
    def field_groups(self) -> list[tuple[str, list[Box]]]:
        """The fields that may be added, in groups with a title each."""
        ticked = self._ticked("fields_to_add", CHOOSABLE)
        return [(str(title), [Box(name, name in ticked) for name in names]) for title, names in FIELD_GROUPS]

    @property
    def source_boxes(self) -> list[Box]:
        """The sources of this site."""
        ticked = self._ticked("sources", settings.SCITEX_SOURCES)
        return [Box(name, name in ticked) for name in settings.SCITEX_SOURCES]

    @property
    def is_restricted(self) -> bool:
        """Whether any box is empty."""
        boxes = [*self.source_boxes, *(box for _title, boxes in self.field_groups for box in boxes)]
        return not all(box.ticked for box in boxes)

    @property
    def option_errors(self) -> list[Any]:
        """What is wrong with the boxes."""
        return [errors for name, errors in self.errors.items() if name in {"fields_to_add", "sources"}]

    def _ticked(self, name: str, every: Sequence[str]) -> Sequence[str]:
        given: Sequence[str] | None = self[name].value()
        return every if given is None or (self.is_bound and not given) else given


class UploadForm(OptionsForm):
    """One BibTeX file, or its text, and how to treat it. Valid, it offers an :class:`~.held.Upload`."""

    bibtex_file = forms.FileField(
        label=gettext_lazy("BibTeX file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ",".join(EXTENSIONS)}),
    )
    #: Looked at together with the file: it is another way to send one.
    pasted = forms.Field(
        label=gettext_lazy("or paste its text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )
    field_order = ("bibtex_file",)

    @property
    def first_error(self) -> ValidationError | None:
        """What is wrong first of all, the file before its options."""
        return next((error for errors in self.errors.as_data().values() for error in errors), None)

    @property
    def first_code(self) -> str:
        """The code of what is wrong first of all."""
        return str(getattr(self.first_error, "code", None) or "invalid")

    @property
    def status(self) -> HTTPStatus:
        """200 as long as nothing is wrong, else the HTTP status that fits the first error."""
        error = self.first_error
        return HTTPStatus.OK if error is None else _STATUS.get(error.code or "", HTTPStatus.UNPROCESSABLE_ENTITY)

    @property
    def upload(self) -> Upload:
        """What was sent; only for a valid form."""
        name, data, entries = self.cleaned_data["bibtex_file"]
        return Upload(data=data, original_name=name, entries_total=entries, options=self.options)

    def refuse(self, message: str, *, code: str) -> None:
        """Say of the file what only the view could know."""
        self.full_clean()
        self.errors["bibtex_file"] = self.error_class([ValidationError(message, code=code)])

    def clean_bibtex_file(self) -> tuple[str, bytes, int]:
        """Name, bytes and number of entries."""
        file = cast("UploadedFile[Any] | None", self.cleaned_data["bibtex_file"])
        pasted = str(self.data.get("pasted", ""))
        if len(self.files.getlist("bibtex_file")) + bool(pasted.strip()) > 1:
            raise ValidationError(_("Several files were sent. Send one at a time."), code="several")
        if pasted.strip():
            return _from_text(pasted)
        if file is None:
            text = _("No file was chosen. Choose a BibTeX file (.bib) and send the form again.")
            raise ValidationError(text, code="required")
        name = checked_name(sent_name(file))
        _check_size(file.size or 0)
        data = file.read()
        return name, data, checked_entries(data)


def _from_text(pasted: str) -> tuple[str, bytes, int]:
    """A browser sends each line of a text with CR LF, whatever the lines ended in where it was copied."""
    data = pasted.replace("\r\n", "\n").encode("utf-8", "replace")
    _check_size(len(data))
    return PASTED_NAME, data, checked_entries(data)


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


def _check_size(size: int) -> None:
    limit: int = settings.SCITEX_MAX_UPLOAD_BYTES
    if size > limit:
        raise ValidationError(
            _("The file has %(size)s; at most %(limit)s are taken. Split it and upload the parts one by one."),
            code="too_large",
            params={"size": filesizeformat(size), "limit": filesizeformat(limit)},
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
    if len(data) > READ_AT_ONCE:
        return glance(data, limits=limits)
    return len(Document.read(data, limits=limits).entries)
