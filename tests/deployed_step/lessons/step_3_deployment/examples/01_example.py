print("An example that runs alone.")
