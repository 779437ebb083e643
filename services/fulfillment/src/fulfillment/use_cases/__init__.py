"""What events, calls and chores have in common: orders and stock change in one transaction."""
