"""A systemd user unit of a deployment, which brings it back after the machine was started; written, not installed."""

from pathlib import Path

from tools.core.children import python
from tools.core.files import write_text

UNIT = """\
# Optional: brings the deployment back after a start of the machine. To use it:
#   systemctl --user link {unit} && systemctl --user enable {name} && loginctl enable-linger
# Where clients must send a key, put EKIBEN_SERVICE_KEY=... into ~/.config/ekiben/{deployment}.env (mode 0600).
[Unit]
Description=Ekiben deployment {deployment}
After=network.target

[Service]
ExecStart={command}
EnvironmentFile=-%h/.config/ekiben/{deployment}.env
Restart=on-failure
RestartSec=5
KillMode=mixed
TimeoutStopSec=120

[Install]
WantedBy=default.target
"""


def write_unit(deployment: str, folder: Path) -> Path:
    """Write the unit into the deployment's folder; its place."""
    unit = folder / f"ekiben-{deployment}.service"
    command = " ".join(map(_quoted, python("-m", "tools.core.serving.supervisor", str(folder), "--open")))
    write_text(unit, UNIT.format(unit=unit, name=unit.name, deployment=deployment, command=command))
    return unit


def _quoted(word: str) -> str:
    """As systemd reads a word of a command line."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
