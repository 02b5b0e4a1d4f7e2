"""Schedule files: read into one model, written back, and scheduled by our own kernel.

`read(content, name)` knows MSPDI (Microsoft Project XML), XER and PMXML (Primavera P6), and GanttProject.
"""

from jingwei.kernels.planfile.model import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile, UnknownKind
from jingwei.kernels.planfile.mspdi import read_mspdi
from jingwei.kernels.planfile.mspdi_writing import write_mspdi
from jingwei.kernels.planfile.reading import read
from jingwei.kernels.planfile.scheduling import schedule_file

__all__ = [
    "FileAssignment", "FileError", "FileLink", "FileResource", "FileTask", "PlanFile", "UnknownKind", "read", "read_mspdi", "schedule_file",
    "write_mspdi",
]  # fmt: skip
