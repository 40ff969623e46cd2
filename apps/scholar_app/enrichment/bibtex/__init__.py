"""Reading BibTeX without changing it, and writing into it without touching what is there."""
