"""What is sold and what it costs: discounts, taxes, and the price with the trace of how it came about."""
