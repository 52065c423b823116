"""What is sold, and for how much: products, their plans and addons, and prices in numbered lists."""
