"""The rows of the table, a module for each noun.

A module has ROWS, and where its noun needs them PLACEHOLDERS (what an id in a path is the id of), MAKERS (what
makes one of its things, see things.py), CHANGES_NOTHING (paths of posts that write no row), PARAMETERS (what a
page takes in its address, see test_strange.py), and for the canary KEPT, RULED and FILLERS (see canary.py).
"""
