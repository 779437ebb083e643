"""Translators of statement formats, one module per format. Pure: bytes in, lines out."""
