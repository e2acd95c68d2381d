"""The journals: their states, totals and lines, and how people see them."""
