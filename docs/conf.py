"""Settings of Sphinx, which builds the documentation: `make docs`."""

from importlib.metadata import version as version_of

project = "refashion"
version = release = version_of("refashion")
copyright = "The refashion developers"

extensions = ["myst_parser", "sphinx.ext.apidoc", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# licences.md is a bare table.
exclude_patterns = ["licences.md", "reference/modules.rst"]
# Annotations name classes without their modules, so two classes of one name are ambiguous.
suppress_warnings = ["ref.python"]

myst_heading_anchors = 3

# The reference is read from the code: a module of src/ appears in it without being listed.
apidoc_modules = [
    {
        "path": "../src/refashion",
        "destination": "reference",
        "exclude_patterns": ["**/__main__.py"],
        "module_first": True,
        "implicit_namespaces": True,
    }
]
autodoc_member_order = "bysource"
# Importing them takes longer than reading everything else.
autodoc_mock_imports = ["tensorflow", "keras"]
add_module_names = False
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_ivar = True
# Single backticks are code, as in the rest of the documentation.
default_role = "code"

# The site opens from disk and loads nothing from a network.
html_theme = "furo"
html_title = "refashion"
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False
