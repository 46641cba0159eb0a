"""Export a whole model as files, and import it from them."""
