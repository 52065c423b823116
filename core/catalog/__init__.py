"""What is sold and what it costs: products, plans, prices in numbered lists, discounts and taxes."""
