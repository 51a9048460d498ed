"""Which names of identities cover an address (facts §7)."""


def covering_names(address: str, written: str) -> list[str]:
    """Name the identities that would cover an address, the most specific first.

    Addresses are compared as they are written, upper and lower case apart; domains are not.
    """
    local, _, domain = address.rpartition("@")
    names = [written, address]
    if "+" in local:
        names.append(f"{local.partition('+')[0]}@{domain}")
    return list(dict.fromkeys([*names, *parent_domains(domain)]))


def parent_domains(domain: str) -> list[str]:
    """Give a domain and its parents, without the top-level domain alone."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
