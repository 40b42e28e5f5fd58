"""What turns book/ into the site, the notebooks, the PDF and the EPUB (CONTRIBUTING.md)."""
