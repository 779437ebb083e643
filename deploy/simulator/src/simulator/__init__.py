"""Sales channels to try intake against: their order APIs, their signed pushes, and their faults."""
