"""Door: the pages of vendor staff. States of clubs, never their transactions."""
