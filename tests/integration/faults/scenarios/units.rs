//! Sets as a unit: all of it, or the database as it was.

use super::super::scenario::{Pair, Scenario};

pub(super) const MIGRATIONS: &[Pair] = &[
    (
        1,
        "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(30) NOT NULL, x INT NOT NULL DEFAULT 0)",
        "DROP TABLE users",
    ),
    (
        2,
        "CREATE TABLE posts (id INT PRIMARY KEY, author INT NOT NULL, body TEXT,
           CONSTRAINT posts_author FOREIGN KEY (author) REFERENCES users (id));
         INSERT INTO users (id, name) VALUES (1, 'Ada'), (2, 'Bo');
         INSERT INTO posts SELECT id, id, CONCAT('by ', name) FROM users;
         UPDATE users SET x = x + 1;",
        "DROP TABLE posts;
         DELETE FROM users;",
    ),
    (
        3,
        "CREATE VIEW authors AS SELECT DISTINCT author FROM posts;
         ALTER TABLE users ADD COLUMN level INT NOT NULL DEFAULT 1;
         UPDATE users SET x = x + 1, level = level + 1;",
        "DROP VIEW authors;
         ALTER TABLE users DROP COLUMN level;
         UPDATE users SET x = x - 1;",
    ),
    (
        4,
        "CREATE INDEX users_name ON users (name);
         CREATE INDEX users_x ON users (x, level);
         ALTER TABLE posts ADD INDEX posts_id (id, author);",
        "DROP INDEX posts_id ON posts;
         DROP INDEX users_x ON users;
         DROP INDEX users_name ON users;",
    ),
    (5, "CREATE UNIQUE INDEX users_name_x ON users (name, x)", "DROP INDEX users_name_x ON users"),
];

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("units, apply all", MIGRATIONS, "apply all"),
    Scenario { before: &["apply schema"], ..Scenario::new("units, apply indexes", MIGRATIONS, "apply indexes") },
    Scenario { before: &["apply all"], ..Scenario::new("units, rollback indexes", MIGRATIONS, "rollback indexes") },
    Scenario {
        before: &["apply all"],
        ..Scenario::new("units, rollback all", MIGRATIONS, "rollback all --discard-data")
    },
];
