"""One HTML file that shows runs: no server, no network, nothing to install.

``source.py`` says what a page is made of, ``content.py`` makes data of it (``pack.py``: arrays as
text; ``sheets.py``: how levels look), ``document.py`` puts these, the style and the scripts
(``assets/``) into one file.
"""
