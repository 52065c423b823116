"""The third floor: pages, the JSON API and the command line. No query, rule or sum lives here."""
