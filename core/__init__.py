"""The ground and first floor: what a provider keeps, and the rules it is kept by. Knows no HTTP."""
