"""Orders and channel messages of our own, in the real formats, with invented values."""
