"""What an exercise asks of a chain: its ends, members on its way, and steps of its own."""
