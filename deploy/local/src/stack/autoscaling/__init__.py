"""Workers by need: how many a service shall have, decided from what its workers measure."""
