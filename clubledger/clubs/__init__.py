"""Who may do what: people, clubs, roles, tenancy and the audit trail. Knows nothing of journals or of Xero."""
