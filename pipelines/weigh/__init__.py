"""From answers to agreement and labels, and to what is known of raters."""
