"""The whole product on one machine with nothing installed beside it: what `manage.py run` starts and shows."""
