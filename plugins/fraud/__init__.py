"""Fraud checks that come with Comptoir."""
