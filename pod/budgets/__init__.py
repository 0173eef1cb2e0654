"""What each who has work done may take of this process, and what happens to those who ask for more."""
