-- The database of a catalogue without an index of meaning, as the first version of the format made it of
--   {"id": "holiday/tree", "title": "Christmas tree", "tags": ["holiday", "winter"], "colour": "green",
--    "description": "A green tree with a star.", "url": "tree.svg", "popularity": 12.5}
--   {"id": "2", "title": "Café menu", "tags": ["food"], "colour": ["red", "white"]}
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1970300018;
PRAGMA user_version = 1;
CREATE TABLE about(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE assets(
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  tags TEXT NOT NULL,
  description TEXT NOT NULL,
  url TEXT NOT NULL,
  facets TEXT NOT NULL,
  popularity REAL NOT NULL,
  content INTEGER NOT NULL,
  meaning INTEGER NOT NULL);
CREATE TABLE facets(name TEXT NOT NULL, value TEXT NOT NULL, row INTEGER NOT NULL,
  PRIMARY KEY(name, value, row)) WITHOUT ROWID;
CREATE TABLE words(word TEXT PRIMARY KEY, assets INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE texts USING fts5(title, tags, description, content='assets', content_rowid='row',
  tokenize='porter unicode61 remove_diacritics 2');
INSERT INTO about VALUES ('assets', 2), ('dimension', 0), ('encoder', 0), ('generation', 1), ('points', 0);
INSERT INTO assets VALUES
  (1, 'holiday/tree', 'Christmas tree', 'holiday' || char(10) || 'winter', 'A green tree with a star.', 'tree.svg',
   '[["colour","green"]]', 12.5, 379589618722704653, -6041323196147513055),
  (2, '2', 'Café menu', 'food', '', '', '[["colour","red"],["colour","white"]]', 0.0, -9004613420225764127,
   8114863226467579030);
INSERT INTO facets VALUES ('colour', 'green', 1), ('colour', 'red', 2), ('colour', 'white', 2);
INSERT INTO words VALUES ('a', 1), ('café', 1), ('christmas', 1), ('food', 1), ('green', 1), ('holiday', 1),
  ('menu', 1), ('star', 1), ('tree', 1), ('winter', 1), ('with', 1);
INSERT INTO texts(rowid, title, tags, description) SELECT row, title, tags, description FROM assets;
