"""Signing in, a person's own security, and invitations."""
