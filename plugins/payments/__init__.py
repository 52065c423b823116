"""Ways to pay that come with Comptoir."""
