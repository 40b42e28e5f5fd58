"""The cases on which a claim is tried: sizes, draws, and draws moved to where premises hold."""
