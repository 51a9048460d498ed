"""One worker process: an event loop that runs every role until it is told to stop.

Tracking starts first and needs no store; the other roles start when the store answers.
"""

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

#: How long a thread may keep the interpreter while another waits for it. The writer lets go of it
#: with each statement; at the default of 5 ms a busy loop would make each one wait so long.
SWITCH_SECONDS = 0.0003
#: New objects before the collector looks for cycles; requests leave next to none.
GARBAGE_THRESHOLD = 20_000
LARGE_BLOCK = 256 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>

#: Starts a part of a worker in the running loop and gives what stops it.
Start = Callable[[], Awaitable[Callable[[], Awaitable[None]]]]
#: Returns when the store answers.
WaitForStore = Callable[[], Coroutine[Any, Any, None]]


def run(track: Start, wait_for_store: WaitForStore, start: Start, supervisor_pipe: int) -> None:
    """Run one worker until SIGTERM, SIGINT or the end of the supervisor: `track` at once, `start`
    when the store answers.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is loaded by now stays: the collector need not look at it again
    gc.set_threshold(GARBAGE_THRESHOLD)
    _give_large_blocks_back()
    uvloop.run(_serve(track, wait_for_store, start, supervisor_pipe))


async def _serve(
    track: Start, wait_for_store: WaitForStore, start: Start, supervisor_pipe: int
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # Nothing is ever written to the pipe: it becomes readable when its other end is gone.
    loop.add_reader(supervisor_pipe, stopping.set)
    stop_tracking = await track()
    if await _unless(stopping, wait_for_store()):
        stop = await start()
        await stopping.wait()
        await stop()
    await stop_tracking()
    loop.remove_reader(supervisor_pipe)
    os.close(supervisor_pipe)


async def _unless(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Finish this work unless told to stop before; tell which."""
    working, told = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if working.done():
        working.result()  # raises what went wrong
        return not stopping.is_set()
    working.cancel()
    return False


def _give_large_blocks_back() -> None:
    """Have the allocator map large blocks one by one, so that a freed message leaves the process.

    Left to itself, glibc raises that threshold with each large block freed (mallopt(3)), and a
    worker that has seen a few messages of 30 MB keeps their memory. Other C libraries have no
    mallopt.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(_M_TRIM_THRESHOLD, LARGE_BLOCK)
