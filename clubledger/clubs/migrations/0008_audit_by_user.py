"""Indexes that give the events of a subject, and those of a person, in their order without a look at the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clubs", "0007_audit_by_subject"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="auditevent", name="audit_by_club_and_subject"),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["club", "subject", "position"], name="audit_by_club_and_subject"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["club", "user", "position"], name="audit_by_club_and_user"),
        ),
    ]
