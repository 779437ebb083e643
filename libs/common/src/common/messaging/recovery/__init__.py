"""Recovery: what waits is moved into the backlog table and worked off in another order."""
