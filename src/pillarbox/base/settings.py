"""What a deployment sets: one frozen value, from a TOML file and the environment.

Each setting is `[section] name` in the file and `PILLARBOX_<SECTION>_<NAME>` in the environment,
which wins; the data directory alone is `PILLARBOX_DATA`. The classes below are the reference: their
fields are the settings, their comments the documentation (docs/settings.md is held against them by
a test).
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Address:
    """A `host:port` to listen on or to talk to."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as it is set."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What this deployment is called."""

    domain: str = ""  # DKIM targets, return path, HELO and tracking host hang below it
    region: str = "us-east-1"  # the AWS region that clients sign for
    operator_email: str = ""  # who is told when an account is held back; empty: the log alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where it listens."""

    api: Address = Address("127.0.0.1", 8025)  # the API, health and metrics
    track: Address = Address("127.0.0.1", 8026)  # open and click tracking
    submission: Address = Address("127.0.0.1", 2587)  # SMTP submission, with STARTTLS
    submission_tls: Address = Address("127.0.0.1", 2465)  # SMTP submission, TLS from the start
    inbound: Address = Address("127.0.0.1", 2525)  # SMTP for bounces and feedback
    dns: Address = Address("127.0.0.1", 5354)  # authoritative DNS of the service's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """How applications hand in mail over SMTP."""

    allow_plain_auth_on_loopback: bool = False  # AUTH without TLS where only this machine can reach
    idle_seconds: int = 60  # a session without a command for so long is closed
    max_sessions: int = 2000  # sessions at once, per worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate that SMTP submission shows, read again when its files change; and whose
    certificates are believed.
    """

    cert_file: str = ""  # PEM with its chain, read again; empty: self-made in capture mode
    key_file: str = ""  # PEM: its private key; empty: it is in cert_file
    ca_file: str = ""  # PEM: authorities to believe; empty: the system's


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the mail is kept."""

    url: str = ""  # SQLAlchemy URL; empty: SQLite in the data directory
    retention_days: int = 30  # how long messages and events are kept; 0: for ever
    audit_days: int = 400  # how long the audit log is kept; 0: for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """How mail leaves."""

    mode: str = ""  # direct: to MX hosts; relay: through a smart host; capture: into a mailbox
    smtp_port: int = 25  # the port of MX hosts
    connections_per_destination: int = 10  # of all workers, to a group that no table lists
    groups_file: str = ""  # TOML: limits of destination groups over the shipped ones
    max_in_flight: int = 2048  # recipients a worker holds at once
    mta_sts: bool = True  # recipients' MTA-STS policies (RFC 8461) are fetched and kept to
    dane: bool = True  # so are TLSA records (RFC 7672), with a validating resolver on loopback
    sources: tuple[str, ...] = ()  # an IPv4 and an IPv6 address to send from, each "ADDRESS HELO"
    sign_with_service_domain: bool = False  # a second DKIM signature, by the service's domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What comes back by mail."""

    kept_reports: int = 1000  # bounces and complaints without proof to keep, the newest; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Who looks at the content of messages before they are sent."""

    clamd: str = ""  # ClamAV's daemon, host:port or /path/of/socket; empty: nobody looks
    timeout_seconds: int = 120  # how long one message may take
    connections: int = 4  # messages that a worker has scanned at once


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)  # it has the password
class Relay:
    """The smart host that all mail goes through in relay mode."""

    host: str = ""  # its name, which its certificate has to show, or its address
    port: int = 0  # 0: 587 with tls = "starttls", 465 with "tls", 25 with "none"
    tls: str = "starttls"  # starttls: after EHLO; tls: from the start; none: in plain text
    username: str = ""  # who logs in, with AUTH PLAIN or LOGIN; empty: nobody does
    password: str = ""  # in the file or the environment, never kept
    password_file: str = ""  # a file whose first line is the password, read again when refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """How names are looked up."""

    resolver: str = ""  # host:port of a resolver; empty: the system's


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Whom it talks to."""

    allow_private_destinations: bool = False  # MX hosts on loopback and private addresses
    http_port: int = 80  # where tracking hosts are asked whether they reach us
    https_port: int = 443  # the same, over HTTPS; where MTA-STS policies are fetched
    own_endpoints: tuple[str, ...] = ()  # host:port where else mail reaches our inbound listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """How opens and clicks are counted."""

    url: str = ""  # how recipients reach the tracking listener; empty: http://<listen.track>
    trusted_proxies: tuple[str, ...] = ()  # networks whose X-Forwarded-For is believed
    proxy_protocol: bool = False  # each connection begins with a PROXY header, version 1 or 2
    geoip_file: str = ""  # a MaxMind database (.mmdb) for approximate locations; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How identities are verified."""

    verify: str = "auto"  # auto: in capture mode all count as verified; real: DNS decides always


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The web console, on the API listener."""

    enabled: bool = True  # whether it is served
    url: str = ""  # how people reach it; https:// makes its cookies secure
    hosts: tuple[str, ...] = ()  # further names it may be called by in the Host header


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Where events go on this machine, and how subscribers reach it."""

    url: str = ""  # how subscribers of topics reach the API listener; empty: http://<listen.api>
    stream_bytes: int = 67_108_864  # a delivery stream's file is closed at so many bytes (gzip)
    stream_seconds: int = 300  # and so long after its first event
    metric_series: int = 2000  # series of CloudWatch destinations that a worker counts


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSns:
    """Topics that are not local ones: published to in AWS, or where `endpoint` says."""

    endpoint: str = ""  # URL of a service that speaks its API; empty: AWS
    region: str = ""  # empty: that of the destination's ARN
    ambient: bool = False  # use AWS's chain of credentials: environment, profile, instance role
    access_key_id: str = ""  # the key to sign with, where the chain is not used
    secret_access_key: str = ""  # its secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsFirehose:
    """Delivery streams in AWS, in place of local files."""

    endpoint: str = ""  # URL of a service that speaks its API; empty: AWS
    region: str = ""  # empty: that of the destination's ARN
    ambient: bool = False  # use AWS's chain of credentials: environment, profile, instance role
    access_key_id: str = ""  # the key to sign with, where the chain is not used
    secret_access_key: str = ""  # its secret
    assume_role: bool = False  # take on each destination's IamRoleArn; off: that is not used
    sts_endpoint: str = ""  # where roles are taken on; empty: AWS


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCloudwatch:
    """Metrics in AWS, in place of Prometheus series."""

    endpoint: str = ""  # URL of a service that speaks its API; empty: AWS
    region: str = ""  # empty: [service] region
    ambient: bool = False  # use AWS's chain of credentials: environment, profile, instance role
    access_key_id: str = ""  # the key to sign with, where the chain is not used
    secret_access_key: str = ""  # its secret
    namespace: str = "Pillarbox/SES"  # AWS keeps AWS/SES to itself


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEvents:
    """Event buses of EventBridge in AWS; there are no local ones."""

    endpoint: str = ""  # URL of a service that speaks its API; empty: AWS
    region: str = ""  # empty: that of the destination's ARN
    ambient: bool = False  # use AWS's chain of credentials: environment, profile, instance role
    access_key_id: str = ""  # the key to sign with, where the chain is not used
    secret_access_key: str = ""  # its secret
    source: str = "pillarbox.ses"  # AWS keeps aws.ses to itself


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsPinpoint:
    """Pinpoint applications in AWS, in place of segments here."""

    endpoint: str = ""  # URL of a service that speaks its API; empty: AWS
    region: str = ""  # empty: that of the destination's ARN
    ambient: bool = False  # use AWS's chain of credentials: environment, profile, instance role
    access_key_id: str = ""  # the key to sign with, where the chain is not used
    secret_access_key: str = ""  # its secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much it takes."""

    message_bytes: int = 41_943_040  # the largest message
    body_memory_bytes: int = 67_108_864  # request bodies in memory at once, per worker
    api_calls_per_second: int = 1000  # of one operation by one account, per node; 0: no limit
    identities: int = 10_000  # identities of one account
    configuration_sets: int = 10_000  # configuration sets of one account
    event_destinations: int = 10  # event destinations of one configuration set
    contact_lists: int = 1  # contact lists of one account


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """When bounces and complaints hold an account back (docs/reputation.md)."""

    enforce: bool = True  # put accounts under review and pause them; off: rates are shown alone
    least_recipients: int = 1000  # an account that sent fewer in 30 days is not judged
    review_bounce_rate: float = 0.05  # PROBATION from here on
    pause_bounce_rate: float = 0.10  # SHUTDOWN from here on
    review_complaint_rate: float = 0.001  # PROBATION from here on
    pause_complaint_rate: float = 0.005  # SHUTDOWN from here on


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """The default account's first key; without them the first start makes one and prints it."""

    access_key_id: str = ""  # the id that clients sign with
    secret_access_key: str = ""  # its secret: long and random


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is written to standard error."""

    level: str = "info"  # debug, info, warning, error
    format: str = "auto"  # json, text; auto: text on a terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How many processes share the work."""

    count: int = 0  # 0: one a core


#: The sections of what is published to in AWS.
Aws = AwsSns | AwsFirehose | AwsCloudwatch | AwsEvents | AwsPinpoint
AWS_SECTIONS = ("aws_sns", "aws_firehose", "aws_cloudwatch", "aws_events", "aws_pinpoint")


def is_configured(aws: Aws) -> bool:
    """Tell whether a section has credentials, and so is to be used."""
    return aws.ambient or bool(aws.access_key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a node."""

    data: Path
    service: Service = field(default_factory=Service)
    listen: Listen = field(default_factory=Listen)
    submission: Submission = field(default_factory=Submission)
    tls: Tls = field(default_factory=Tls)
    store: StoreSettings = field(default_factory=StoreSettings)
    deliver: Deliver = field(default_factory=Deliver)
    inbound: Inbound = field(default_factory=Inbound)
    scan: Scan = field(default_factory=Scan)
    relay: Relay = field(default_factory=Relay)
    dns: Dns = field(default_factory=Dns)
    network: Network = field(default_factory=Network)
    track: Track = field(default_factory=Track)
    identity: Identity = field(default_factory=Identity)
    console: Console = field(default_factory=Console)
    events: Events = field(default_factory=Events)
    aws_sns: AwsSns = field(default_factory=AwsSns)
    aws_firehose: AwsFirehose = field(default_factory=AwsFirehose)
    aws_cloudwatch: AwsCloudwatch = field(default_factory=AwsCloudwatch)
    aws_events: AwsEvents = field(default_factory=AwsEvents)
    aws_pinpoint: AwsPinpoint = field(default_factory=AwsPinpoint)
    limits: Limits = field(default_factory=Limits)
    reputation: Reputation = field(default_factory=Reputation)
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    log: Log = field(default_factory=Log)
    workers: Workers = field(default_factory=Workers)

    @property
    def capturing(self) -> bool:
        """Whether the last hop is a mailbox on disk."""
        return self.deliver.mode == "capture"

    @property
    def relaying(self) -> bool:
        """Whether all mail goes through a smart host."""
        return self.deliver.mode == "relay"

    @property
    def store_url(self) -> str:
        """The store's SQLAlchemy URL."""
        return self.store.url or f"sqlite:///{self.data / 'pillarbox.sqlite'}"

    @property
    def track_url(self) -> str:
        """How recipients reach the tracking listener, without a slash at its end."""
        return self.track.url.rstrip("/") or f"http://{self.listen.track}"

    @property
    def events_url(self) -> str:
        """How subscribers of topics reach the API listener, without a slash at its end."""
        return self.events.url.rstrip("/") or f"http://{self.listen.api}"

    @property
    def streams_folder(self) -> Path:
        """Where local delivery streams lie."""
        return self.data / "streams"

    @property
    def captured_folder(self) -> Path:
        """Where capture mode keeps its mail."""
        return self.data / "captured"

    @property
    def presume_verified(self) -> bool:
        """Whether identities count as verified because nothing leaves the machine."""
        return self.capturing and self.identity.verify == "auto"
