"""Orders from files: what a cell means, which rows make one order, and what is wrong with a row.

`cells` reads one cell, `sheet` one row, `grouping` the rows of one order, `faults` says what is
wrong. Bytes become rows in `ingest.files`.
"""
