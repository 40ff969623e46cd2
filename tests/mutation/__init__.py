"""Mutation testing: small faults are planted one at a time, and a test has to notice each. See docs/mutation.md."""
