"""What a person sees in JupyterLab."""
