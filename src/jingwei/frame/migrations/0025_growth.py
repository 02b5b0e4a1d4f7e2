from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('frame', '0023_one_lockout'),
    ]

    operations = [
        migrations.CreateModel(
            name='GrowthSample',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('name', models.CharField(max_length=80)),
                ('bytes', models.BigIntegerField()),
                ('rows', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('on', 'name'), name='growth_sample_once')],
            },
        ),
    ]
