ANN = "ann@example.com"
