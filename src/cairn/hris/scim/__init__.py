"""SCIM 2.0: RFC 7643, RFC 7644 and RFC 9865."""

PATH = "/scim/v2"
"""Where it is answered."""
