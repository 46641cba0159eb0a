"""The progress of builds, for the process that builds and for all others."""
