"""The wire formats of AWS: SigV4, REST-JSON, the Query protocol, SNS's envelope."""
