"""Random clubs, faults, crashes and people against the in-process simulator; what must hold whatever happens."""
