"""Chart of Accounts: GL Code and Job#."""
