"""What a user sees when the input is broken: through the real command, on real HTTP and files."""
