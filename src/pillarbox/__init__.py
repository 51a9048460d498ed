"""Pillarbox: a self-hosted email sending service.

The flow, in the order in which a message takes it (docs/flow.md tells it at length):

    wire      an API call is authenticated, parsed and translated
    accept    THE one door: may this account send this, from this identity, to these people, now?
    store     one transaction: the message, a row for each recipient, the Send event
    queue     which recipients are due: claim with a lease, back off, recover what a dead one held
    render    per recipient: headers, MIME, DKIM signature
    deliver   route, connect, speak SMTP, classify the reply
    events    one transaction with the state change: Delivery, Bounce, DeliveryDelay

Beside the flow: `identity` (verification and DNS answers), `manage` (the control plane), `observe`
(metrics, logs, health). `app` wires everything; `cli` starts it.
"""
