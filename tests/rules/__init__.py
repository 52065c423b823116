"""The rules of the house as tests: docs, catalogue, templates, files and the package agree with the code."""
