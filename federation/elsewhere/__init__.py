"""Files of other software, read as values: nothing is fetched, stored or believed here, and every length is bounded.

One bad row is refused with its number and the reason, and reading goes on after it. What a file is, its content says.
"""
