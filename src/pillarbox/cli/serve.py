"""`pillarbox serve`: a node with its workers, until it is told to stop."""

import logging
import os
from pathlib import Path

import click

from pillarbox.base.settings import Settings
from pillarbox.cli.options import load_settings, make_data_folder, settings_options


@click.command()
@settings_options
@click.option("--workers", type=click.IntRange(1, 256), help="Processes. [default: one a core]")
@click.option("--capture", is_flag=True, help="Keep all mail in a mailbox on disk; send nothing.")
def serve(config: Path | None, data: Path | None, workers: int | None, *, capture: bool) -> None:
    """Run the service.

    Without a configuration file it runs in capture mode: everything works, but mail ends in a
    mailbox on disk. The first start makes an account and prints its access key, once.

    \b
    Examples:
      pillarbox serve
      pillarbox serve --config /etc/pillarbox.toml --data /var/lib/pillarbox
    """
    from pillarbox.cli.welcome import welcome
    from pillarbox.node.start import StartedNode, start_node
    from pillarbox.node.supervisor import Supervisor
    from pillarbox.node.waiting import wait_for_store
    from pillarbox.node.worker import run
    from pillarbox.observe.log import set_up_logging

    settings = load_settings(config, data, capture=capture)
    set_up_logging(settings.log.level, settings.log.format)
    make_data_folder(settings)
    count = workers or _worker_count(settings)
    node: StartedNode = start_node(settings, count)
    welcome(node)
    from pillarbox.app.worker import Worker  # before the fork: loaded once, shared by the workers

    def run_worker(slot: int, supervisor_pipe: int) -> None:
        worker = Worker(node.settings, node.sealer, node.name, slot)
        run(
            lambda: worker.track(node.sockets),
            lambda: wait_for_store(node),
            lambda: worker.start(node.sockets),
            supervisor_pipe,
        )

    log = logging.getLogger("pillarbox")
    Supervisor(run_worker, count, log.warning).run()


def _worker_count(settings: Settings) -> int:
    return settings.workers.count or len(os.sched_getaffinity(0))
