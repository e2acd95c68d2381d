"""A made-up golf club to look at: its year of transactions, its people, and the programs that show it."""
