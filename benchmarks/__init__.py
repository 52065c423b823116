"""Measures what the product promises: `python -m benchmarks client-list --json`. See docs/benchmarks.md."""
