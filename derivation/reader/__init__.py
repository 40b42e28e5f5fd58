"""LaTeX and the words between to a syntax tree, by the grammar at the head of `read`."""
