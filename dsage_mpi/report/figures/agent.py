"""What the agent did, over pictures of levels that the domain has drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: From seldom to often.
_SELDOM, _OFTEN = np.array((254, 214, 120.0)), np.array((178, 24, 43.0))
_OPACITY = (0.35, 0.75)


def with_visits(picture: NDArray[np.uint8], occupancy: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours the tiles of a picture by how often the agent was in them.

    Args:
        picture: (h, w, 3) of a level without anything around it.
        occupancy: (H, W) visits; the square root of their share of the most is shown, so that
            what was passed once stays visible beside where the agent stood.
    """
    visits = np.asarray(occupancy, np.float64)
    most = visits.max(initial=0.0)
    share = np.sqrt(visits / most) if most > 0 else visits
    height, width = picture.shape[:2]
    rows = np.arange(height) * share.shape[0] // height
    columns = np.arange(width) * share.shape[1] // width
    shown = share[np.ix_(rows, columns)][..., None]
    colour = _SELDOM * (1 - shown) + _OFTEN * shown
    opacity = np.where(shown > 0, _OPACITY[0] + (_OPACITY[1] - _OPACITY[0]) * shown, 0.0)
    blended = np.rint(picture * (1 - opacity) + colour * opacity)
    return np.asarray(blended, np.uint8)
