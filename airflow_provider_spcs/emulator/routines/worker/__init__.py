"""What runs in the process of a function or procedure written in Python."""
