"""A person's word on a report: what is decided of it, how it reads then, and how a page of it is found quickly.

Pure Python: it knows reports as plain JSON values, and no job, request or file.
"""
