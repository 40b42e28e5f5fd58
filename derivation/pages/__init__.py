"""The equations of a page of text, each checked, and their verdicts kept between builds."""
