from django.db import migrations, models

import registrations.models.campaign


def give_each_its_own_key(apps, schema_editor):
    """The default was asked for once, for all campaigns that were there."""
    Campaign = apps.get_model("registrations", "Campaign")
    for campaign in Campaign.objects.only("pk").iterator():
        Campaign.objects.filter(pk=campaign.pk).update(form_key=registrations.models.campaign.new_form_key())


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0006_pages"),
    ]

    operations = [
        # Nullable and without a default, so that no database makes these tables anew: SQLite would lose the search index.
        migrations.AddField(
            model_name="registration",
            name="attribution",
            field=models.JSONField(editable=False, null=True, verbose_name="came from"),
        ),
        migrations.AddField(
            model_name="submission",
            name="attribution",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="websites",
            field=models.TextField(
                blank=True,
                help_text=(
                    "Where the form may stand, one address per line, like https://www.example.org. Empty: on no other site."
                ),
                verbose_name="your websites",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="form_key",
            field=models.CharField(default=registrations.models.campaign.new_form_key, editable=False, max_length=32),
        ),
        migrations.RunPython(give_each_its_own_key, migrations.RunPython.noop, elidable=True),
    ]
