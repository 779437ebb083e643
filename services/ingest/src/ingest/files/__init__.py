"""Bytes of a file become rows: CSV in the encodings and with the delimiters there are, and XLSX."""
