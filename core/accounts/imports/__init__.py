"""Importing clients, account groups, users and payers from files.

`files` takes a file and keeps its rows for some days, `fields` says what a column can mean, `mapping` which
column means what, `carrying` checks the rows (a dry run) and imports them as tasks. What a row of each noun does
stands in `client_rows`, `group_rows`, `user_rows` and `payer_rows`, by the checks of the single forms.
"""
