"""How sure the codes are: features, fact models, codes by summation, calibration, and what holds a code down."""
