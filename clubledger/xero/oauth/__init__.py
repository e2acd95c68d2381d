"""The authorization-code flow, refreshing tokens, and checking what Xero signs. Private to this room."""
