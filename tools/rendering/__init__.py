"""What docs/generated is made of, one module per kind of document."""
