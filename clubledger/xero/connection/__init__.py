"""A club's app, organisation and consents: made, standing, ended."""
