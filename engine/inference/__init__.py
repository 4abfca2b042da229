"""What chance could do: tests of timing and of co-movement, pure functions on NumPy arrays.

Each module holds one family; docs/studies.md has the formulas and their sources.
"""
