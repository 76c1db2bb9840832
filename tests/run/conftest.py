from tests.config.conftest import write
from tests.report.conftest import metric_row

__all__ = ["metric_row", "write"]
