"""Configuration → Security: users, API keys, audit trail."""
