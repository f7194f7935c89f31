"""The test suite: one behaviour a test, on the real parts."""
