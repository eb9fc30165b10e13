"""An index of the three-letter pieces of everybody's address and names, for the search of the staff's screens.

PostgreSQL: trigrams, if the server lets us have its extension. SQLite: full text search, kept by triggers; whatever makes the
table anew (most changes of a column do, on SQLite) has to build it again.
"""

import logging

from django.db import DatabaseError, migrations

logger = logging.getLogger(__name__)

EXPRESSION = "upper(email || ' ' || first_name || ' ' || last_name)"
TRIGRAMS = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS registration_search ON registrations_registration"
    f" USING gin ({EXPRESSION} gin_trgm_ops) WITH (fastupdate = off)"
)
COLUMNS = ("email", "first_name", "last_name")
FULL_TEXT = (
    "CREATE VIRTUAL TABLE registrations_search USING fts5"
    "(email, first_name, last_name, content='registrations_registration', content_rowid='id', tokenize='trigram')"
)
FORGET = (
    "INSERT INTO registrations_search (registrations_search, rowid, email, first_name, last_name)"
    " VALUES ('delete', old.id, old.email, old.first_name, old.last_name);"
)
LEARN = (
    "INSERT INTO registrations_search (rowid, email, first_name, last_name)"
    " VALUES (new.id, new.email, new.first_name, new.last_name);"
)
TRIGGERS = {
    "registration_search_insert": f"INSERT ON registrations_registration BEGIN {LEARN} END",
    "registration_search_delete": f"DELETE ON registrations_registration BEGIN {FORGET} END",
    "registration_search_update": (
        "UPDATE OF email, first_name, last_name ON registrations_registration"
        " WHEN (old.email, old.first_name, old.last_name) IS NOT (new.email, new.first_name, new.last_name)"
        f" BEGIN {FORGET} {LEARN} END"
    ),
}


def build(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    with schema_editor.connection.cursor() as cursor:
        if vendor == "postgresql":
            _build_trigrams(cursor)
        elif vendor == "sqlite":
            _build_full_text(cursor)


def _build_trigrams(cursor):
    cursor.execute("SET statement_timeout = 0")
    cursor.execute("SET lock_timeout = 0")
    try:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(TRIGRAMS)
        cursor.execute("ANALYZE registrations_registration")
    except DatabaseError as error:
        logger.warning(
            "The search for people finds beginnings of words only, because the server refused its extension pg_trgm (%s)."
            " Have its administrator run: CREATE EXTENSION pg_trgm; and then run, as the owner of the tables: %s;",
            str(error).strip().partition("\n")[0],
            TRIGRAMS,
        )
        cursor.execute("DROP INDEX IF EXISTS registration_search")
        for column in COLUMNS:
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS registration_begins_{column}"
                f" ON registrations_registration (upper({column}::text) text_pattern_ops)"
            )
    finally:
        cursor.execute("RESET statement_timeout")
        cursor.execute("RESET lock_timeout")


def _build_full_text(cursor):
    try:
        cursor.execute(FULL_TEXT)
    except DatabaseError as error:
        logger.warning("The search for people looks through everybody, because SQLite was built without FTS5 (%s).", error)
        return
    for name, what in TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER {name} AFTER {what}")
    cursor.execute("INSERT INTO registrations_search (registrations_search) VALUES ('rebuild')")


def tear_down(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    with schema_editor.connection.cursor() as cursor:
        if vendor == "postgresql":
            for name in ("registration_search", *(f"registration_begins_{column}" for column in COLUMNS)):
                cursor.execute(f"DROP INDEX IF EXISTS {name}")
        elif vendor == "sqlite":
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute("DROP TABLE IF EXISTS registrations_search")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("registrations", "0002_delivered_once"),
    ]

    operations = [
        migrations.RunPython(build, tear_down),
    ]
