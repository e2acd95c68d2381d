"""GL Integration: the list of journals, one journal, and what can be done with them."""
