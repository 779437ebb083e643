"""What handlers, API and commands do alike."""
