"""A block device as one file `disk` in MOUNT, backed by IMAGE. While IMAGE.failing exists, writes that hold its text fail with EIO,
after a third of a second in which nothing else is done: others come meanwhile.

usage: failing_device.py IMAGE MOUNT
"""

import errno
import os
import sys
import time

from fusepy import FUSE, FuseOSError, Operations


class Device(Operations):
    def __init__(self, image):
        self.file = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.file).st_size
        self.failing = image + ".failing"

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": 0o40755, "st_nlink": 2}
        if path == "/disk":
            return {"st_mode": 0o100600, "st_nlink": 1, "st_size": self.size}
        raise FuseOSError(errno.ENOENT)

    def readdir(self, path, fh):
        return [".", "..", "disk"]

    def open(self, path, flags):
        return 1

    def read(self, path, size, offset, fh):
        return os.pread(self.file, size, offset)

    def write(self, path, data, offset, fh):
        if os.path.exists(self.failing):
            with open(self.failing, "rb") as marker:
                if marker.read() in data:
                    time.sleep(0.3)
                    raise FuseOSError(errno.EIO)
        return os.pwrite(self.file, data, offset)

    def fsync(self, path, datasync, fh):
        return os.fsync(self.file)

    def flush(self, path, fh):
        return 0

    def truncate(self, path, length, fh=None):
        return 0


FUSE(Device(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True)
