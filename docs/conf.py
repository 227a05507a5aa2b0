"""The documentation site. Nothing in it is loaded from elsewhere: it works from a folder on disk, without network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
sys.path.insert(0, str(HERE.parent / "src"))

import fullgraph  # noqa: E402  (found by the path above)

project = "fullgraph"
author = "the authors of fullgraph"
project_copyright = author
version = release = fullgraph.__version__

extensions = [
    "exportdb_pages",
    "changelog",
    "command_line",
    "docstrings",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "README.md"]
# In docstrings, `export` is a link where there is such a name, and code where there is none.
default_role = "py:obj"

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {"PathLike": "PathLike"}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 90

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

html_theme = "furo"
html_title = "fullgraph"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/mark.svg"
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
html_theme_options = {
    "sidebar_hide_name": False,
    "light_css_variables": {"color-brand-primary": "#a8340a", "color-brand-content": "#a8340a"},
    "dark_css_variables": {"color-brand-primary": "#ff9d6c", "color-brand-content": "#ff9d6c"},
}
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
