"""The commands of `spcs`, one file for each family. Heavy imports stay inside functions, so that ``-h`` is quick."""
