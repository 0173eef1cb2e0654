"""Groups as their pages, the API and the log show them."""
