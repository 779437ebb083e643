"""The beginning of an incident, played on purpose: a rule that makes every order wait."""
