"""Pages for people, without a build step."""
