"""People and what they may: sign-in, sessions, staff, roles, clients, and the groups and projects of clients."""
