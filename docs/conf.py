"""The documentation's site: Sphinx with MyST, built by ``make docs`` and by the tests.

Pages that repeat what the code says (commands, REST, error codes, charts) are made of the code when
the site is built: ``sitegen/``.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "modelop-jupyter"
copyright = "the modelop-jupyter developers"
version = release = importlib.metadata.version("modelop-jupyter")
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "sitegen"]
exclude_patterns = ["_build", "sitegen"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
highlight_language = "text"
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True

# Executed once, then cached by their source.
nb_execution_mode = "cache"
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
# Charts are in outputs twice: as HTML, which is shown, and as Vega-Lite.
suppress_warnings = ["mystnb.unknown_mime_type"]

toc_object_entries = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "pydata_sphinx_theme"
html_title = "modelop-jupyter"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "logo": {"text": "modelop-jupyter"},
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": [], "gallery": [], "changelog": [], "contributing": []}
html_show_sourcelink = False
