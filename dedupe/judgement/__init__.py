"""What people decide about parties and pairs, and what they are asked to look at."""
