"""Cairn: the backend a company runs to grow its people."""

__version__ = "0.1.0"
