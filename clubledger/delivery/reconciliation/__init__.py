"""Step 6: which journals in Xero are ours, and whether they are what we sent."""
