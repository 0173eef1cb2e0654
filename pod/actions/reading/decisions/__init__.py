"""What readers may see of a group's decisions."""
