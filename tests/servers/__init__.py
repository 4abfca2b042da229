"""Vendors on loopback: a proxy that speaks for their hosts, in their wire formats."""
