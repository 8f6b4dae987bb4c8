"""Somebody else's file: read as text cells, each column understood, made into a typed table."""
