"""How far raters agree, with intervals, whatever the design of the collection."""
