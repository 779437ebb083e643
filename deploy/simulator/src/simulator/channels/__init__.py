"""One module a channel: how it tells of an order, how it signs, and what its API answers."""
