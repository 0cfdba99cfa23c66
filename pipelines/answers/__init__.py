"""What is done with answers: weighing them, looking at raters and labels, proposing what to ask next."""
