from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='sendrun',
            name='night_on',
            field=models.DateField(blank=True, help_text='The scheduled night, by its local date.', null=True),
        ),
    ]
