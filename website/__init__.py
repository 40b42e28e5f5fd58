"""What turns book/ into the site, the notebooks, the PDF and the EPUB.

equations.py   the equations under the checker, for notebooks and tests
mathml.py      a formula's LaTeX to MathML, at build time (mathml.js runs what lies in mathjax/)
mathfont.py    the font of the formulas, with only the characters that the site shows
figures.py     the figures that compute in the browser: their data, on their pages
pages.py       what jupyter-book 1 and its theme leave undone; static/page.css is the stylesheet
styles.py      the theme's stylesheets and the book's as one, light
search.py      what the site's search looks through
templates/     the frame of a page, in place of the theme's
notebooks.py   chapters to notebooks that any Jupyter shows, executed
install.py     the first cell of a notebook, which installs the library where it is missing
contents.py    the table of contents, read once for all
articles.py    the pages of the built site without what serves only a browser
editions.py    these to one PDF (pdf.py; chromium.py finds the browser) or EPUB (epub.py)
audit.py       the built site, served and measured with Lighthouse; audit.md is the result
"""
