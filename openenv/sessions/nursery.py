"""Loaded in the process that workers are forked from, which outlives all others: tidies up when it ends.

The server removes the folder of that process's socket itself, unless it is killed.
"""

from __future__ import annotations

import os
import shutil
from multiprocessing import util

FOLDER_VARIABLE = "OPENENV_NURSERY_FOLDER"
"""Tells that process which folder to remove; set only while it is started."""

_folder = os.environ.pop(FOLDER_VARIABLE, None)
if _folder is not None:
    # Unlike a function of atexit, a finalizer is never run by a process that was forked meanwhile.
    util.Finalize(None, shutil.rmtree, args=(_folder,), kwargs={"ignore_errors": True}, exitpriority=0)
