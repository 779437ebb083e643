"""Pure: what must agree between the services, and what it adds up to."""
