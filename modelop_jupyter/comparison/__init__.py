"""What differs between jobs, reruns, outputs, models and snapshots."""
