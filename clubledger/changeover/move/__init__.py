"""One club's move from one app to another, step by step."""
