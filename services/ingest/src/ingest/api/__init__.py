"""HTTP: orders in, and what became of them at intake."""
