"""The incident, replayed: the same broken rule and the same queue, without and with safeguards."""
