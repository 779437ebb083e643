"""Shows the main job on real input."""
