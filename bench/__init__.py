"""What it costs: each bench beside a peer or a physical limit of the machine, in the same run."""
