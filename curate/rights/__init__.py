"""What comes from the net, and what stands for or against having it: one room fetches."""
