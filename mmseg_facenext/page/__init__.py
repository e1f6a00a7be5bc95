"""The page that shows the parts of faces: its files, and how to make a folder of it that needs no server of ours."""

from pathlib import Path

FILES = Path(__file__).parent / 'files'
"""`index.html`, and what it loads from `page/`: `server.js` asks a server, `browser.js` has `local/` do the work."""

MATTES = {'hair': ('hair',), 'lips': ('upper lip', 'lower lip')}
"""Parts that the page recolours, by title."""
