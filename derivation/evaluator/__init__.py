"""A bound tree to numbers or decimals, and to dual numbers for its derivatives."""
