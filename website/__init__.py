"""What turns book/ into the site, the notebooks, the PDF and the EPUB.

equations.py   the equations under the checker, for notebooks and tests
mathml.py      a formula's LaTeX to MathML, at build time (mathml.js runs MathJax)
mathfont.py    the font of the formulas, with only the characters that the site shows
polish.py      what jupyter-book 1 and its theme leave undone; its files lie in static/
styles.py      the theme's stylesheets and the book's as one, light
search.py      what the site's search looks through
templates/     the frame of a page, in place of the theme's
notebooks.py   chapters to notebooks that any Jupyter shows, executed
editions.py    the built site to PDF and EPUB (chromium.py finds the browser)
audit.py       the built site, served and measured with Lighthouse; audit.md is the result
"""
