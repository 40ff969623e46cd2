"""The site for programs: ``/api/v1/``, the same rules as the pages, answered in JSON. ``docs/api.md`` shows its use."""
