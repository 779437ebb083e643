"""Pages for people, served beside the API: static, and they ask the API like anybody."""
