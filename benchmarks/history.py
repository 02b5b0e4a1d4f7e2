"""What history costs a bulk load: 100,000 cost lines without any, with our statement-level trigger, and with a row-level one. Run: python benchmarks/history.py"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import date
from pathlib import Path

rows = 100_000
row_level = """
CREATE FUNCTION note_a_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO frame_history (tenant_id, project_id, resource, object_id, action, at, origin, reason, trace, before, after, written_by)
  VALUES (NEW.tenant_id, NEW.project_id, 'cost.line', NEW.id, 'I', clock_timestamp(), '', '', '', NULL, to_jsonb(NEW) - ARRAY['version', 'updated_at'],
          pg_current_xact_id()::text::numeric);
  RETURN NEW;
END $$;
ALTER TABLE cost_line DISABLE TRIGGER note_insert;
CREATE TRIGGER note_a_row AFTER INSERT ON cost_line FOR EACH ROW EXECUTE FUNCTION note_a_row();
"""


def main() -> None:
    """Load three times into one installation; the insert is one statement over a generated series, so only the server works."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"JINGWEI_HOME": home, "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings", "JINGWEI_LOG_LEVEL": "ERROR"}
        import django

        django.setup()
        from django.db import connection

        from jingwei.assembly.tables import migrate_all
        from jingwei.frame import scope
        from jingwei.frame.models import Project, Tenant
        from jingwei.frame.postgres import address
        from jingwei.frame.postgres.base import be_owner

        migrate_all()
        tenant = Tenant.objects.create(code="t", name="T")
        with scope.within(scope.Scope(tenant.pk)):
            project = Project(code="P", name="P", start_on=date(2026, 1, 1))
            project.save()
        be_owner()
        connection.close()
        taken: dict[str, float] = {}
        with scope.within(scope.Scope(tenant.pk)), connection.cursor() as cursor:
            for name, before in (
                ("no history", "ALTER TABLE cost_line DISABLE TRIGGER note_insert"),
                ("statement-level", "ALTER TABLE cost_line ENABLE TRIGGER note_insert"),
                ("row-level", row_level),
            ):
                cursor.execute(before)
                began = time.perf_counter()
                cursor.execute(
                    "INSERT INTO cost_line (tenant_id, project_id, version, created_at, updated_at, number, kind, account, description, amount, currency,"
                    " period, supplier, status) SELECT %s, %s, 1, now(), now(), %s || n, 'actual', 'labour', '实施人工', n, 'CNY', '2026-11', '', 'draft'"
                    " FROM generate_series(1, %s) n",
                    (tenant.pk, project.pk, name[:1], rows),
                )
                taken[name] = time.perf_counter() - began
                print(f"{name}: {taken[name]:.2f} s for {rows:,} rows")
        print(f"row-level : statement-level = {taken['row-level'] / taken['statement-level']:.2f}")
        connection.close()
        address.stop_embedded()


if __name__ == "__main__":
    main()
