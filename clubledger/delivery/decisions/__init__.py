"""What a person decides about a journal in Xero: accept, void, send the difference, confirm a restore."""
