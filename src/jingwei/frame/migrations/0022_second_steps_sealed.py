"""Seeds of second steps and of recovery codes that lay in plain text are sealed."""

from typing import Any

from django.db import migrations


def seal(apps: Any, schema_editor: Any) -> None:
    from jingwei.frame import secrets

    def sealed(text: str) -> str:
        return text if text.startswith(secrets.text_mark + ":") else secrets.seal_text("mfa", text)

    for row in apps.get_model("mfa", "Authenticator").objects.filter(type__in=("totp", "recovery_codes")):
        for name in ("secret", "seed"):
            if isinstance(row.data.get(name), str):
                row.data[name] = sealed(row.data[name])
        if row.data.get("migrated_codes"):
            row.data["migrated_codes"] = [sealed(code) for code in row.data["migrated_codes"]]
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("frame", "0021_tokens_end"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
