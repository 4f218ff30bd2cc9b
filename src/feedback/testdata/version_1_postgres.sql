-- A store of feedback on a PostgreSQL server, as the first version of the format made it.
CREATE TABLE updraft_feedback_format(version integer NOT NULL);
INSERT INTO updraft_feedback_format VALUES (1);
CREATE TABLE updraft_feedback(
  row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  kind text NOT NULL,
  person text NOT NULL,
  session text NOT NULL,
  intent text NOT NULL,
  task text NOT NULL,
  prompt text NOT NULL,
  position integer NOT NULL,
  words integer NOT NULL,
  ret integer NOT NULL,
  asset text NOT NULL,
  at bigint NOT NULL);
CREATE INDEX updraft_feedback_by_person ON updraft_feedback(person) WHERE person <> '';
INSERT INTO updraft_feedback(id, kind, person, session, intent, task, prompt, position, words, ret, asset, at) VALUES
  ('a', 'impression', 'ann', 's', 'holiday sale', 'query', 'red sale sign', 0, 3, 9, '', 1764151200000),
  ('b', 'like', 'ann', 's', 'holiday sale', 'query', 'red sale sign', 0, 3, 9, 'holiday/tree', 1764151201000),
  ('c', 'dismiss', '', 's', 'holiday sale', 'image', 'café menu', 2, 12, 8, 'food/cake', 1764151202250);
