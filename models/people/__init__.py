"""People at home here: accounts, sessions, factors, addresses, what they follow and hide."""
