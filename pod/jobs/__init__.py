"""What a pod does without being asked."""
