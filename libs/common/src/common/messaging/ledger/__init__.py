"""The ledger: publishers ask their readers which events they have taken up, and see to the rest."""
