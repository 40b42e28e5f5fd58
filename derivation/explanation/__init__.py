"""What kind of slip a wrong step may be, a fact, and a case to recompute."""
