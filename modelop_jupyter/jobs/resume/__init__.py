"""Continue an ended job in a new one: take over its progress, or score its bad records again."""
