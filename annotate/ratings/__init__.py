"""Tables of ratings from anywhere: how they are laid out, and what their cells mean."""
