"""What two pods must agree on: values in, values out; no clock, entropy, disk, network or database."""
