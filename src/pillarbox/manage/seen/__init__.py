"""What has happened and what waits: messages, attempts, the queue, events behind, unproven
reports.
"""
