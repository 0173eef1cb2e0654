"""How much of this process each payer may use, and what happens to payers that ask for more."""
