"""What is written into a file: text escaped, formulas checked, capitals protected, tags read."""
