"""What is shipped into containers as it is: the standard library only, Python 3.9 and later."""
