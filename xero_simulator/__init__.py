"""A stand-in for the accounting platform that the product talks to: sign-in, connections and the accounting API.

It is a separate program. It never imports the product, and the product never imports it.
"""
