-- A store of feedback in a file, as the first version of the format made it.
PRAGMA application_id = 1970300514;
PRAGMA user_version = 1;
CREATE TABLE events(
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  user TEXT NOT NULL,
  session TEXT NOT NULL,
  intent TEXT NOT NULL,
  task TEXT NOT NULL,
  prompt TEXT NOT NULL,
  position INTEGER NOT NULL,
  words INTEGER NOT NULL,
  ret INTEGER NOT NULL,
  asset TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE INDEX events_by_user ON events(user) WHERE user <> '';
INSERT INTO events(id, kind, user, session, intent, task, prompt, position, words, ret, asset, at) VALUES
  ('a', 'impression', 'ann', 's', 'holiday sale', 'query', 'red sale sign', 0, 3, 9, '', 1764151200000),
  ('b', 'like', 'ann', 's', 'holiday sale', 'query', 'red sale sign', 0, 3, 9, 'holiday/tree', 1764151201000),
  ('c', 'dismiss', '', 's', 'holiday sale', 'image', 'café menu', 2, 12, 8, 'food/cake', 1764151202250);
