"""A small book that has its equations checked, for Sphinx; _config.yml is for Jupyter Book."""

project = "Two regressions"
extensions = ["myst_parser", "sphinx_external_toc", "derivation.sphinx"]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
derivation_vocabulary = "regression:REGRESSION"
derivation_page = "index#marks"
html_theme = "basic"
