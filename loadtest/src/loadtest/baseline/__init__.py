"""The performance baseline: what an order costs on the critical path, beside a bare pipeline."""
