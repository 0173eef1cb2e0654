"""What those who run the pod do and see."""
