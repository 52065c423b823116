"""Conversations: what is said to clients and by them, and what Comptoir itself has to tell people."""
