"""Milestones in danger stand in the one table of alarms from now on; what was told of them is not told again."""

from django.db import migrations

take_over = """
INSERT INTO frame_alarm (tenant_id, version, created_at, updated_at, watch, resource, row_id, project_id, level, title_zh, title_en, url, ended_at)
SELECT e.tenant_id, 1, e.since, e.since, 'milestone.late', 'work.task', e.task_id, e.project_id, 'alarm',
       left(coalesce(n.title_zh, t.name), 300), left(coalesce(n.title_en, t.name), 300), '/projects/' || p.code || '/', NULL
  FROM schedule_endangerment e
  JOIN work_task t ON t.id = e.task_id
  JOIN frame_project p ON p.id = e.project_id
  LEFT JOIN LATERAL (SELECT title_zh, title_en FROM frame_notification n WHERE n.key = 'milestone:' || e.task_id ORDER BY n.id DESC LIMIT 1) n ON true;
UPDATE frame_notification SET key = 'milestone.late:' || substr(key, 11) WHERE key LIKE 'milestone:%';
"""


class Migration(migrations.Migration):
    dependencies = [("schedule", "0005_what_if"), ("frame", "0048_alarms"), ("work", "0001_initial")]

    operations = [migrations.RunSQL(take_over, migrations.RunSQL.noop), migrations.DeleteModel(name="Endangerment")]
