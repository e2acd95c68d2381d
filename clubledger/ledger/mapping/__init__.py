"""Where items go: the mapping, and the club's lists of codes against Xero's."""
