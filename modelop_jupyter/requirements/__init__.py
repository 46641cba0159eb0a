"""A model's requirements: shown, compared with its imports, and made from them."""
