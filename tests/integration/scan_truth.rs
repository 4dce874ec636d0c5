//! `catalogue scan` beside a list that the scanner has not made: a generator writes an app of many ways to run a statement, and
//! knows of each by construction in which file and line it begins and how it reads.

use crate::binary::AuraDb;
use crate::scan_shapes::{SHAPES, Shape, Words};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A statement by its file and line.
type Place = (String, u64);

/// What the generator knows of its app.
#[derive(Debug, Default)]
struct Truth {
    /// Statements that stand in the code as literals, whatever runs them.
    literal: BTreeMap<Place, BTreeSet<String>>,
    /// What is made at run time, or has no plan: the lines, one of which has to be named.
    dynamic: Vec<(String, std::ops::RangeInclusive<u64>, &'static str)>,
    /// The way in which each literal is written.
    ways: BTreeMap<Place, &'static str>,
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Statements of every kind; `#` is a number that makes each its own. None has a quote or a placeholder in it.
const STATEMENTS: [&str; 14] = [
    "SELECT id, title FROM films_# WHERE year > 1990 ORDER BY title LIMIT 20",
    "SELECT f.id, COUNT(*) AS n FROM films_# f JOIN rentals r ON r.film_id = f.id GROUP BY f.id HAVING n > 3",
    "SELECT id FROM films_# WHERE id IN (SELECT film_id FROM rentals WHERE due_at < NOW() - INTERVAL 7 DAY)",
    "SELECT * FROM films_# LEFT JOIN shelves s ON s.id = films_#.shelf_id WHERE s.id IS NULL",
    "INSERT INTO films_# (title, year) VALUES (UPPER(NOW()), 2001), (NULL, 2002)",
    "INSERT INTO counts (id, n) VALUES (#, 1) ON DUPLICATE KEY UPDATE n = n + 1",
    "INSERT IGNORE INTO archive SELECT * FROM films_#",
    "REPLACE INTO counts (id, n) VALUES (#, 0)",
    "UPDATE films_# SET stock = stock - 1 WHERE id = 5",
    "UPDATE films_# f JOIN shelves s ON s.id = f.shelf_id SET f.room = s.room WHERE s.id = 3",
    "DELETE FROM films_# WHERE year < 1950 LIMIT 100",
    "WITH late AS (SELECT film_id FROM rentals WHERE id > #) SELECT COUNT(*) FROM late",
    "(SELECT id FROM films_# WHERE id < 3) UNION ALL (SELECT id FROM shelves)",
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY year ORDER BY id) AS place FROM films_#",
];

/// Writes the app and lists what is in it.
fn generated(folder: &Path, seed: u64) -> Truth {
    let (mut numbers, mut truth, mut number) = (Numbers(seed), Truth::default(), 0);
    for (file, ending) in (0..48).zip(["js", "ts", "mjs", "tsx", "cjs", "mts", "jsx", "cts"].iter().cycle()) {
        let name = format!("{}/part{file}.{ending}", ["api", "lib", "src/deep/er"][file % 3]);
        let mut code = String::from("import { pool, db, sql, prisma, knex } from 'some-client';\n");
        let newline = if file % 7 == 3 { "\r\n" } else { "\n" };
        for _ in 0..20 {
            let shape: &Shape = &SHAPES[numbers.below(SHAPES.len())];
            if shape.typed && !ending.contains("ts") {
                continue;
            }
            number += 1;
            let of = |pick: usize| STATEMENTS[pick % STATEMENTS.len()].replace('#', &number.to_string());
            let pick = numbers.below(STATEMENTS.len());
            // The same statement in two branches is one.
            let (one, two) = (of(pick), of(pick + 1 + numbers.below(STATEMENTS.len() - 1)));
            let words = Words { number, one: &one, two: &two };
            let begun = code.lines().count() as u64;
            let (text, statements) = shape.write(&words);
            code.push_str(&text);
            let lines = begun + 1..=code.lines().count() as u64;
            for (line, statement) in statements {
                let place = (name.clone(), begun + line);
                truth.literal.entry(place.clone()).or_default().insert(statement);
                truth.ways.insert(place, shape.name);
            }
            if shape.dynamic {
                truth.dynamic.push((name.clone(), lines, shape.name));
            }
        }
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, code.replace('\n', newline)).unwrap();
    }
    truth
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn nearly_all_literal_statements_are_found_at_their_lines_and_the_rest_is_told() {
    for seed in [1, 20_260_131, 77] {
        let folder = tempfile::tempdir().unwrap();
        let truth = generated(folder.path(), seed);
        let run = AuraDb::new(["catalogue", "scan", ".", "--format", "json"]).at(folder.path()).run().exits(0);
        let scan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let place = |one: &serde_json::Value| -> Place {
            let file = one["at"]["file"].as_str().unwrap();
            (file.trim_start_matches("./").to_owned(), one["at"]["line"].as_u64().unwrap())
        };
        let list = |key: &str| scan[key].as_array().unwrap().clone();
        let found: BTreeSet<(Place, String)> =
            list("statements").iter().map(|one| (place(one), flat(one["sql"].as_str().unwrap()))).collect();
        let told: BTreeSet<Place> = list("not_covered").iter().map(place).collect();

        let wanted: Vec<(&Place, &String)> =
            truth.literal.iter().flat_map(|(place, all)| all.iter().map(move |one| (place, one))).collect();
        let is_found = |place: &Place, one: &String| found.contains(&(place.clone(), one.clone()));
        let missed: Vec<_> = wanted.iter().filter(|(place, one)| !is_found(place, one)).collect();
        let share = 1.0 - missed.len() as f64 / wanted.len() as f64;
        let show = |list: &[&(&Place, &String)]| {
            let line = |(place, one): &&(&Place, &String)| format!("{place:?} {}: {one}", truth.ways[*place]);
            list.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        assert!(wanted.len() > 500, "{}", wanted.len());
        assert!(share >= 0.95, "seed {seed}: {:.1} % of {}:\n{}", share * 100.0, wanted.len(), show(&missed));
        // What is missed is told at its place, or at one of the lines of the same piece of code.
        let silent: Vec<_> = missed.iter().copied().filter(|(place, _)| !told.contains(*place)).collect();
        assert!(silent.is_empty(), "seed {seed}: passed over in silence:\n{}", show(&silent));
        let silent: Vec<_> = truth
            .dynamic
            .iter()
            .filter(|(file, lines, _)| !lines.clone().any(|line| told.contains(&(file.clone(), line))))
            .collect();
        assert!(silent.is_empty(), "seed {seed}: passed over in silence: {silent:?}");
        // Nothing is made up, and nothing stands at another line.
        let invented: Vec<_> = found
            .iter()
            .filter(|(place, sql)| !truth.literal.get(place).is_some_and(|all| all.contains(sql)))
            .collect();
        assert!(invented.is_empty(), "seed {seed}: {invented:#?}");
    }
}

#[test]
fn each_way_to_write_a_statement_is_followed() {
    let mut wrong = Vec::new();
    for shape in SHAPES {
        let folder = tempfile::tempdir().unwrap();
        let words =
            Words { number: 1, one: "SELECT id FROM films WHERE year > 1990", two: "DELETE FROM films WHERE id = 7" };
        let (text, wanted) = shape.write(&words);
        fs::write(folder.path().join(if shape.typed { "a.ts" } else { "a.js" }), text).unwrap();
        let run = AuraDb::new(["catalogue", "scan", ".", "--format", "json"]).at(folder.path()).run().exits(0);
        let scan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let found: BTreeSet<(u64, String)> = scan["statements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["at"]["line"].as_u64().unwrap(), flat(one["sql"].as_str().unwrap())))
            .collect();
        let wanted: BTreeSet<(u64, String)> = wanted.into_iter().collect();
        let is_told = scan["not_covered"] != serde_json::json!([]);
        if found != wanted || shape.dynamic != is_told {
            wrong.push(format!("{}: {found:?} instead of {wanted:?}; {}", shape.name, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
