from typing import Any

from django.db import migrations


def make_missing(apps: Any, schema_editor: Any) -> None:
    integrations = apps.get_model("integrations", "Integration").objects
    missing = apps.get_model("history", "Workspace").objects.filter(integration=None)
    made = [integrations.model(workspace=each) for each in missing]
    integrations.bulk_create(made, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0001_initial"),
        ("integrations", "0002_acts"),
    ]

    operations = [migrations.RunPython(make_missing, migrations.RunPython.noop, elidable=True)]
