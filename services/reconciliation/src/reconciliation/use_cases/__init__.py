"""What more than one event or command does."""
