"""Steps 4 and 5: whose turn it is, the queue, one request, and what keeps a journal back."""
