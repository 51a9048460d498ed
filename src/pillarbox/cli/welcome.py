"""What `serve` says when it is up: where it listens, the first key, and something to paste."""

import click

from pillarbox.base.settings import Settings
from pillarbox.console.pages import first_run
from pillarbox.manage.people.keys import NewKey
from pillarbox.node.start import StartedNode
from pillarbox.proto.smtp.password import smtp_password

_TRY = """\
Try it (Python, boto3):

  import boto3
  client = boto3.client("pinpoint-email", region_name="{region}", endpoint_url="{url}",
      aws_access_key_id="{key}", aws_secret_access_key="{secret}")
  client.create_email_identity(EmailIdentity="example.com")
  client.send_email(
      FromEmailAddress="me@example.com",
      Destination={{"ToAddresses": ["you@example.org"]}},
      Content={{"Simple": {{"Subject": {{"Data": "Hello"}},
                          "Body": {{"Text": {{"Data": "It works."}}}}}}}})

or with the AWS CLI:

  export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret} AWS_DEFAULT_REGION={region}
  aws --endpoint-url {url} sesv2 create-email-identity --email-identity example.com
  aws --endpoint-url {url} sesv2 send-email --from-email-address me@example.com \\
    --destination ToAddresses=you@example.org \\
    --content 'Simple={{Subject={{Data=Hello}},Body={{Text={{Data=It works.}}}}}}'
"""
_CAPTURED = "Then look at what was captured:  curl -s {url}/_pillarbox/captured\n"


def welcome(node: StartedNode) -> None:
    """Print where the node listens and how to use it."""
    settings = node.settings
    host, port = node.sockets.tcp["API"][0].getsockname()[:2]
    url = f"http://{host}:{port}"
    click.echo(f"Pillarbox {_mode(settings)}.")
    click.echo(f"API       {url}   (region {settings.service.region})")
    if settings.console.enabled:
        click.echo(f"Console   {_console(node, url)}")
    click.echo(f"Tracking  {settings.track_url}")
    click.echo(f"SMTP      {_submission(node)}")
    in_host, in_port = node.sockets.tcp["inbound"][0].getsockname()[:2]
    click.echo(f"Inbound   {in_host}:{in_port}   (SMTP for bounces and complaints)")
    dns_host, dns_port = node.sockets.dns_udp.getsockname()[:2]
    click.echo(f"DNS       {dns_host}:{dns_port}   (zone {settings.service.domain})")
    click.echo(f"Data      {settings.data.resolve()}")
    if node.new_key is not None:
        _show_key(node.new_key, settings.service.region)
    else:
        click.echo("Keys      pillarbox keys create (its SMTP user name and password as well)")
    click.echo()
    click.echo(_example(settings, url, node.new_key))


def _console(node: StartedNode, url: str) -> str:
    """Say where the console is; while it has no user, with the link that makes the first."""
    base = node.settings.console.url.rstrip("/") or url
    if not node.first_run:
        return f"{base}/console"
    return f"{base}/console{first_run.PATH}?token={first_run.first_run_token(node.sealer)}"


def _mode(settings: Settings) -> str:
    if settings.capturing:
        return "captures mail: nothing leaves this machine"
    return "delivers mail to MX hosts"


def _submission(node: StartedNode) -> str:
    """Say where mail is handed in over SMTP, and with what security."""
    tcp = node.sockets.tcp
    host, port = tcp["submission"][0].getsockname()[:2]
    if "submission over TLS" not in tcp:
        return f"{host}:{port}   (no STARTTLS: set [tls] cert_file)"
    tls_host, tls_port = tcp["submission over TLS"][0].getsockname()[:2]
    made = "" if node.settings.tls.cert_file else "; the certificate is self-made"
    return f"{host}:{port} (STARTTLS), {tls_host}:{tls_port} (TLS{made})"


def _show_key(key: NewKey, region: str) -> None:
    click.echo()
    click.echo("The first access key, shown this once:")
    click.echo(f"  Access key id      {key.access_key_id}")
    click.echo(f"  Secret access key  {key.secret_access_key}")
    click.echo("  SMTP user name     the access key id")
    click.echo(f"  SMTP password      {smtp_password(key.secret_access_key, region)}")


def _example(settings: Settings, url: str, key: NewKey | None) -> str:
    text = _TRY.format(
        region=settings.service.region,
        url=url,
        key=key.access_key_id if key else settings.bootstrap.access_key_id or "YOUR_KEY_ID",
        secret=key.secret_access_key if key else "YOUR_SECRET_KEY",
    )
    return text + ("\n" + _CAPTURED.format(url=url) if settings.capturing else "")
