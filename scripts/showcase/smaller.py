"""Makes pictures small enough for a repository: 128 colours, at most 1 400 pixels wide.

python scripts/showcase/smaller.py FILE.png...
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

_WIDEST, _COLOURS = 1_400, 128


def main() -> None:
    """Writes each picture again."""
    for path in map(Path, sys.argv[1:]):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((_WIDEST, 10 * _WIDEST), Image.Resampling.LANCZOS)
        picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(path, f"{path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
