"""The attachments that the service does not carry: file names that run on a reader's machine.

The reference asks for a supported file format; these are the documented exceptions of the real
service (developer guide, "Unsupported attachment types": its 90 names, compared with these).
Windows does not see dots and blanks at the end of a name, so they do not hide one.
"""

import re

from pillarbox.proto.mime.error import MimeError

_NAMES = """
ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js
jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1
msh2 mshxml msh1xml msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1
ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk
"""
REFUSED_SUFFIXES = frozenset(_NAMES.split())


def check_file_name(name: str) -> None:
    """Refuse a file name that mail services don't carry. Raises MimeError."""
    seen = name.rstrip(". \t")
    suffix = seen.rpartition(".")[2].lower() if "." in seen else ""
    if suffix in REFUSED_SUFFIXES:
        shown = re.sub(r"[\x00-\x1f\x7f]", "?", name[:200])
        raise MimeError(f"Illegal filename '{shown}'.")
