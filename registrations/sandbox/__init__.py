"""Stand-ins for the outside world, in one process of their own, over real HTTP and SMTP.

`python -m registrations.sandbox` or `manage.py sandbox` serves a webinar platform that speaks UserAPI v3 (MTS Link, once
Webinar.ru), the room that its personal links open, and a mailbox that keeps every mail sent to it. It imports nothing of the
product, and the product imports nothing of it. When both ports listen it prints one line, `sandbox ready
http://127.0.0.1:9100 smtp://127.0.0.1:9125`; a busy port is one line on stderr and exit code 2; SIGTERM and SIGINT end it
with 0. There is no authentication but the platform's own: listen on loopback.

The platform: `/v3/…`
=====================
Header `x-auth-token: 0123456789abcdef0123456789abcdef` (the demo key: organisation "ACME Demo", id 9001, owner Anna Li, user
id 7001, anna@example.com; employees 7002 and 7003, the latter unconfirmed). Played are events, sessions, registration, bulk
invitation, participations, members and time zones; `platform/routes.py` lists all routes. Requests are forms with PHP
brackets, JSON or multipart; parameters may stand in the query or the body. A series is on air (`START`) from the start of its
first session until an edit with `status=STOP`; a one-off event goes with its session. `sendEmail` left out means that the
platform mails the person: such mails come from no-reply@platform.example and are in the mailbox too.

The room: `/{alias}/{eventId}/{32 hex}`
=======================================
200 and "You are in" marks the person as visited; `isAutoEnter=false` asks for the chat name first (POST form field `name`);
403 for waiting, refused and kicked people, 404 for deleted or unknown links and deleted events.

The mailbox
===========
`GET /mailbox/` and `/mailbox/{id}/` are pages. As JSON:

- `GET /mailbox/api/messages[?to=…][&limit=1000]`: `[{"to", "subject", "text", "html", "links": […], "attachments":
  [{"filename", "content_type", "content"}], "message_id", "received_at"}]`, oldest first. `to` is who the envelope named (the
  query: exact, capitals do not matter), `links` every http(s) address in text and HTML once, `content` the text of text/*
  files.
- `DELETE /mailbox/api/messages[?to=…]`: `{"cleared": n}`.
- `GET /mailbox/api/count`: `{"received": n, "kept": n}`; received is exact, kept at most 20,000 mails and 400 MB.

The control API: `/sandbox/api/…`
=================================
JSON in and out, no key. What makes no sense is answered 400 `{"error": "…"}` and changes nothing.

- `GET switches`, `PUT switches {"register_duplicate": "conflict", "rate": 5}`: all settings. `GET switches?describe=1` lists
  names, allowed values (the first is the default) and meanings; they are in `platform/switches.py`. `rate` is the calls a
  second of one key, 0 for no limit; `capacity` the people per target (see `full_event`).
- `POST faults {"route", "kind", …}`: answers the fault with its `id`. `route` is a group (`register`, `invite`,
  `participations`, `delete`, `moderate`, `role`, `kick`, `event`, `session`, `schedule`, `members`, `timezones`), one route's
  name (`event_read`, `register_session` …) or `*`. `kind` is one of `platform/faults.py` KINDS: `status`,
  `status_before_work` (nothing is done), `status_after_work`, with `status` (500), `retry_after`, `body` (text as it is, else
  JSON); `html` (`status` 502); `latency` (waits `seconds`, then works); `drop_before_work`, `drop_after_work`; `late_work`
  (connection closed now, or `status` answered; the work follows after `seconds`); `empty`; `huge` (`size` bytes); `drip`
  (over `seconds`); `bad_link` (`body`), `foreign_link`, `no_link` (link of an answer, `url` in a list); `neighbour` (another
  person's participation and link; if there is nobody else, a new neighbour{id}@example.net). `count` is how many calls it
  hits (1), null until cleared; `match_email` limits it to calls about one address. One call meets at most one latency and one
  other fault, the oldest. Key and rate are checked before faults.
- `GET faults`: those that can still hit, with `hits` so far. `DELETE faults[?id=…]`: `{"cleared": n}`.
- `POST smtp-faults {"verb", "kind", "code", "text", "seconds", "count", "match"}`: verb `connect`, `helo`, `mail`, `rcpt`,
  `data` or `dot`; kind `refuse` (with `code`, `text`), `hang` (`seconds`, then the connection is closed), `drop`, `slow`; at
  the dot these keep no mail (but `slow`), while `accept_drop` (kept, closed without an answer), `accept_hang` and
  `accept_close` (kept, 250, closed) do. `match` limits `rcpt` to one address. `GET` and `DELETE smtp-faults` as above.
- `GET keys`; `POST keys {"key", "label", "active", "rights", "denied", "organization"}` adds a key or changes it: `active:
  false` revokes; `rights` null is all, else a list of `userapi_events`, `userapi_events_read`, `userapi_participations`,
  `userapi_participations_read`, `userapi_members_read`; `denied` lists routes or groups answered 403 (`["delete"]`);
  `organization` is a name, made when new, with events of its own. Without `key` a random one is made.
- `POST events {"event": {…}, "sessions": [{…}]}`: makes an event with sessions by the platform's own parameters, past
  limiter, faults and journal. Answers `{"eventId", "link", "eventSessionIds", "sessionLinks", "additionalFields": {label:
  key}}`.
- `GET participations[?email=…][&event=…]`: everybody there ever was, oldest first: `[{"id", "email", "name", "secondName",
  "nickname", "eventId", "eventSessionId", "state", "link", "token", "role", "isAutoEnter", "invited", "visited",
  "registeredAt", "additionalFields", "profile", "contactId", "userId"}]`; `state` is waiting, accepted, refused, kicked or
  deleted.
- `GET calls[?route=…][&limit=…]`: `{"total", "counters": {route: {status: n}}, "emails": {route: n}, "calls": [{"time",
  "method", "path", "key", "route", "name", "target", "emails", "status", "fault", "seconds"}]}`. `route` is the group, `name`
  the route, `key` the last four characters, `emails` how many people it was about; status 0 means closed without an answer;
  route `none` is an unknown path or a call without a valid key. Counters are exact, of the calls the last 5,000 are kept.
  `DELETE calls` forgets.
- `POST reset`: a fresh state with default switches and keys. Ids go on counting and never come back.

`GET /healthz` answers `ok`. With `--state FILE` events, people, keys and the last 500 mails survive a restart.
"""
