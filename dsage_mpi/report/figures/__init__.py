"""Pictures of a run. Importing this package does not import matplotlib; drawing does."""

from dsage_mpi.report.figures.curves import learning_curves
from dsage_mpi.report.figures.gallery import archive_gallery, level_gallery, select_diverse
from dsage_mpi.report.figures.heatmap import archive_heatmap
from dsage_mpi.report.figures.run import Look, draw_run
from dsage_mpi.report.figures.voronoi import voronoi_heatmap

__all__ = [
    "Look",
    "archive_gallery",
    "archive_heatmap",
    "draw_run",
    "learning_curves",
    "level_gallery",
    "select_diverse",
    "voronoi_heatmap",
]
