"""Values of the project's reference page that tests of several rooms hold figures against."""

MESS3_MYOPIC_BITS = [  # H(next symbol | the last n), n = 0, 1, ...; Mess3(0.05, 0.85)
    1.5849625007,
    1.2374269248,
    1.1734242125,
    1.1514403227,
    1.1465673827,
    1.1451865780,
    1.1448401656,
    1.1447491901,
    1.1447255498,
    1.1447194226,
    1.1447178262,
]
