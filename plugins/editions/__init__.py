"""The editions a provider can have, each a plugin: policy lines, features and limits as data."""
