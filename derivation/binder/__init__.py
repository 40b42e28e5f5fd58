"""Names to symbols, indices to ranges, dots to what they mean, shapes in terms of the sizes."""
