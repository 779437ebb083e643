"""Mappings: how a channel's own format becomes our draft, as data that is checked when published.

`document` is what a person writes, `compiling` checks it and makes it fast, `applying` runs it over
one payload, `tracing` says where each field came from.
"""
