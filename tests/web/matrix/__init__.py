"""Every route with what it needs, and what it answers to those who may not."""
