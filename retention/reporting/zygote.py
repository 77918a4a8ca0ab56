"""The process that warm kernels are forked from: it imports, forks on request, reaps, no more.

Started by `retention.reporting.warm` as `python -m retention.reporting.zygote SOCKET IMPORT...`. A
fork copies one thread alone, and what another one had locked stays locked for ever: this process
has no other thread, and says READY only where that is so. It opens and draws nothing: a figure
drawn before the fork binds matplotlib to no shell, and every figure of a report would be lost.
"""

import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Iterable

READY = b"ready"
KERNEL = struct.Struct("=ci")
BEGUN = b"k"
"""How a kernel tells its process id, in a length of its own: no exit code is taken for one."""
NUMBER = struct.Struct("=i")
"""How an exit code travels."""

_THREADS = "/proc/self/task"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve the runner at the other end of the socket; in a forked process, become the kernel."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for statement in sys.argv[2:]:
        exec(statement, {})  # noqa: S102 (imports of the kit, which every kernel would execute)
    if len(os.listdir(_THREADS)) > 1:  # noqa: PTH208 (names alone)
        return
    try:
        # Without it no kernel could be watched, and the first fork would be one too many.
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return
    # What is here now is never looked through again, so that its memory stays shared.
    gc.freeze()
    control.send(READY)
    own = os.getpid()
    handles = _serve(control)
    if handles:
        _become_kernel(*handles, parent=own)


def _serve(control: socket.socket) -> list[int]:
    """Fork until the runner is gone; return the handles of its request in each forked process."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.data:
                selector.unregister(key.fileobj)
                _reap(key.fd, *key.data)
                continue
            request, handles, *_ = socket.recv_fds(control, 1, 3)
            kernels = [other for other in selector.get_map().values() if other.data]
            if not request:
                _end(kernel.data[0] for kernel in kernels)
                return []
            try:
                pid = os.fork()
            except OSError:  # no memory or no process left: the runner starts one, or says why not
                for handle in handles:
                    os.close(handle)
                continue
            if pid == 0:
                for kernel in kernels:
                    os.close(kernel.fd)
                    kernel.data[1].close()
                selector.close()
                control.close()
                return handles
            for handle in handles[1:]:
                os.close(handle)
            channel = socket.socket(fileno=handles[0])
            selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, channel))


def _reap(pidfd: int, pid: int, channel: socket.socket) -> None:
    """Tell the runner how a kernel ended."""
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    with channel, contextlib.suppress(OSError):
        channel.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _end(pids: Iterable[int]) -> None:
    """Kill the kernels of a runner that is gone, with what they started."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _become_kernel(channel_handle: int, stdout: int, stderr: int, *, parent: int) -> None:
    # However this process' parent ends, it ends too.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()
    for number, handle in ((1, stdout), (2, stderr)):
        os.dup2(handle, number)
        os.close(handle)
    with socket.socket(fileno=channel_handle) as channel:
        with channel.makefile("rb") as stream:
            order = json.loads(stream.readline())
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        tempfile.tempdir = None  # the environment names another
        channel.send(KERNEL.pack(BEGUN, os.getpid()))
    # Python seeds its own generator anew in a forked process, NumPy does not.
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    from ipykernel.kernelapp import launch_new_instance

    sys.argv = ["ipykernel_launcher", *order["arguments"]]
    launch_new_instance()


if __name__ == "__main__":
    main()
