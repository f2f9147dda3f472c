"""What an operator does to a host that serves: a new release and back again, and new keys."""

from collections.abc import Callable

from tests.deploy.box import Box

CURRENT = "/opt/happ/current"
CREDENTIALS = "/etc/happ/credentials"
SETTINGS = "/etc/happ/environment"
NEW_KEY = "openssl rand -base64 32 | tr '+/' '-_'"


def upgrade(box: Box, set_up: Callable[[], object]) -> None:
    """docs/ops/set-up.md, upgrade; a release is another one as soon as a page of its docs is."""
    before = box.run("readlink", CURRENT).strip()
    box.run("sh", "-c", "echo >> /root/happ/docs/ops/README.md")
    set_up()
    assert box.run("readlink", CURRENT).strip() != before
    box.run("sh", "-c", f"ln -sfn {before} {CURRENT} && happ-roll")
    assert box.run("readlink", CURRENT).strip() == before


def rotate_encryption_key(box: Box) -> None:
    """docs/ops/tasks/key-rotation.md."""
    keys = f"{CREDENTIALS}/encryption_keys"
    box.run("sh", "-c", f'new=$({NEW_KEY}); old=$(cat {keys}); echo "$new,$old" > {keys}; happ-roll')
    said = box.run("happ", "rotate_encryption_keys")
    assert said.endswith(" secrets are sealed with the newest key.\n")
    box.run("sh", "-c", f'new=$(cut -d, -f1 {keys}); echo "$new" > {keys}; happ-roll')


def rotate_secret_key(box: Box) -> None:
    """The same page. Whoever is signed in stays so while the earlier key is a fallback."""
    key = f"{CREDENTIALS}/secret_key"
    box.run("sh", "-c", f'echo "HAPP_SECRET_KEY_FALLBACKS=$(cat {key})" >> {SETTINGS}; {NEW_KEY} > {key}; happ-roll')
