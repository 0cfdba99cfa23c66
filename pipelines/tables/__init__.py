"""Any table as rows of text, each with its line."""
