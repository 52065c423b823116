"""The second floor: providers, resellers, their hosts and editions, and the wall between them."""
