"""The table that search looks through, and what cuts its words into pieces that an index holds."""

from django.db import migrations, models


# Each place of a text begins a piece: three characters where two of ASCII stand, else two, cut at a space; so a word of any length, one Chinese character
# too, is found by whole pieces or by the beginning of one. Before each stand organisation and kind: whatever others write, every kind's index lists are its
# own. One more piece is the project. In stretches of a hundred, as the nth character of a long text is found by counting.
grams = """
CREATE OR REPLACE FUNCTION jingwei_grams(tenant bigint, project bigint, resource text, body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  head text := tenant || '.' || left(md5(resource), 4) || ':';
  pieces text[] := ARRAY[head || E'\\x01' || coalesce(project::text, '')];
  stretch text;
  piece text;
BEGIN
  FOR hundred IN 0..length(body) / 100 LOOP
    stretch := translate(substr(body, hundred * 100 + 1, 102), E'\\n', ' ');
    FOR place IN 1..least(length(stretch), 100) LOOP
      piece := substr(stretch, place, 2);
      IF octet_length(piece) = 2 THEN piece := substr(stretch, place, 3); END IF;
      pieces := pieces || (head || split_part(piece, ' ', 1));
    END LOOP;
  END LOOP;
  RETURN array_to_tsvector(pieces);
END $$;
CREATE INDEX search_grams ON frame_search USING gin (jingwei_grams(tenant_id, project_id, resource::text, body)) WITH (gin_pending_list_limit = 512);
"""


class Migration(migrations.Migration):
    dependencies = [
        ('frame', '0053_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.CharField(max_length=80, unique=True)),
                ('declared', models.CharField(max_length=32)),
                ('behind', models.BigIntegerField(default=0)),
                ('is_full', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'frame_searchfill',
            },
        ),
        migrations.CreateModel(
            name='SearchLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField()),
                ('project_id', models.BigIntegerField(null=True)),
                ('resource', models.CharField(max_length=80)),
                ('row_id', models.BigIntegerField()),
                ('code', models.CharField(db_collation='C', max_length=200)),
                ('title', models.CharField(db_collation='C', max_length=200)),
                ('label', models.CharField(max_length=400)),
                ('body', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'frame_search',
                'indexes': [models.Index(fields=['tenant_id', 'resource', '-at'], name='search_newest'), models.Index(fields=['tenant_id', 'resource', 'code'], name='search_code'), models.Index(fields=['tenant_id', 'resource', 'title'], name='search_title')],
                'constraints': [models.UniqueConstraint(fields=('resource', 'row_id'), name='search_row_once')],
            },
        ),
        migrations.RunSQL(grams, migrations.RunSQL.noop),
    ]
