"""The process that runs a model version's own code, with the interpreter of an image; the emulator never imports it."""
