"""HTTP in: parses, asks who calls, and answers; one module per resource."""
