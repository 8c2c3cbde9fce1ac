"""Assembles routes, schema and lifespan into one ASGI application."""
