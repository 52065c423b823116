"""What differs from one provider to the next, found by entry point. Authors import `plugins.api`, nothing else."""
