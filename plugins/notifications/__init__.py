"""Plugins that tell people something."""
