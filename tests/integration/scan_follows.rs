//! What `catalogue scan` follows beyond a statement in a call: functions of the app that hand a text on, functions that run
//! with each request, and values that schema and scale profile know.

use crate::binary::AuraDb;
use crate::project::contains;
use serde_json::Value;

/// Scans files in a folder of their own.
fn scanned(files: &[(&str, &str)], flags: &[&str]) -> Value {
    let run = files.iter().fold(
        AuraDb::new(["catalogue", "scan", "src", "--format", "json"].into_iter().chain(flags.iter().copied())),
        |run, (name, text)| run.file(name, text),
    );
    serde_json::from_str(&run.run().exits(0).stdout).unwrap()
}

/// `file:line` and a member of each.
fn told(list: &Value, member: &str) -> Vec<String> {
    let one = |one: &Value| {
        let file = one["at"]["file"].as_str().unwrap().trim_start_matches("src/");
        format!("{file}:{} {}", one["at"]["line"], one[member].as_str().unwrap_or("-"))
    };
    list.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn functions_that_hand_a_text_on_are_followed_to_their_callers() {
    let lib = "\
const pool = require('mysql2/promise').createPool({});
const rows = (sql, params) => first(sql, params);
const first = (sql, params) => pool.execute(sql, params).then((all) => all[0]);
async function one(connection, sql, params = []) {
  const [found] = await connection.query({ sql, values: params });
  return found;
}
function limited(sql) {
  sql = sql + ' LIMIT 1';
  return pool.query(sql);
}
class Store {
  async all(text, values) { return inTransaction((connection) => connection.query(text, values)); }
  shelves(order) { return this.all('SELECT id FROM shelves ORDER BY ' + order); }
}
const sorted = (sort) => pool.query(sort.map((sql) => sql));
module.exports = { rows, one, limited, store: new Store() };
";
    let only = "module.exports = async function (text) { return require('./db').pool.query(text); };\n";
    let typed = "\
export default class Db {
  constructor(private readonly pool: Pool) {}
  run = async <T>(text: string, values?: unknown[]): Promise<T> => this.pool.query(text, values);
}
export async function read(connection: Connection, text: string) { return connection.execute(text); }
";
    let app = "\
const { rows, one, limited, store } = require('./lib/db');
const lib = require('./lib/db');
const only = require('./lib/only');
const id = (request) => [
  rows('SELECT a FROM films WHERE id = ' + request.id),
  one(connection, `SELECT b FROM films WHERE id = ${request.id}`),
  lib.rows('SELECT c FROM ' + request.table),
  store.all(['SELECT d', 'FROM films'].join(' ')),
  only('SELECT e FROM films WHERE id = ' + request.id),
  limited('SELECT f FROM films WHERE id = ' + request.id),
  rows(request.text),
  rows('SELECT g FROM films WHERE id IN (?)', [request.ids]),
];
";
    let module = "\
import Db, { read as get } from './lib/typed';
const db = new Db(pool);
export const h = (id) => db.run('SELECT h FROM films WHERE id = ' + id);
export const i = (id) => get(connection, 'SELECT i FROM films WHERE id = ' + id);
function local(id) {
  function run(sql) { return pool.query(sql); }
  return run('SELECT j FROM films WHERE id = ' + id);
}
";
    let files = [
        ("src/lib/db.js", lib),
        ("src/lib/only.js", only),
        ("src/lib/typed.ts", typed),
        ("src/app.js", app),
        ("src/module.ts", module),
    ];
    let scan = scanned(&files, &[]);
    let called: Vec<String> = told(&scan["statements"], "sql")
        .into_iter()
        .zip(told(&scan["statements"], "call"))
        .map(|(sql, call)| format!("{sql} · {}", call.rsplit(' ').next().unwrap()))
        .collect();
    assert_eq!(
        called,
        [
            "app.js:5 SELECT a FROM films WHERE id = ? · rows",
            "app.js:6 SELECT b FROM films WHERE id = ? · one",
            "app.js:8 SELECT d FROM films · all",
            "app.js:9 SELECT e FROM films WHERE id = ? · only",
            // It is not run as it stands here.
            "app.js:10 SELECT f FROM films WHERE id = ? · -",
            "app.js:12 SELECT g FROM films WHERE id IN (?) · rows",
            "module.ts:3 SELECT h FROM films WHERE id = ? · run",
            "module.ts:4 SELECT i FROM films WHERE id = ? · get",
            "module.ts:7 SELECT j FROM films WHERE id = ? · run",
        ]
    );
    let left = told(&scan["not_covered"], "because").join("\n");
    for words in [
        "app.js:7 a name in it is only known at run time: `request.table`",
        "app.js:11 `rows` runs a text that is made elsewhere: `request.text`",
        "lib/db.js:14 ",
        "lib/db.js:9 `query` runs a text that is made elsewhere",
    ] {
        contains(&left, words);
    }
}

#[test]
fn only_what_runs_with_requests_is_told_as_such() {
    let connect = "await mysql.createConnection(url)";
    let script = format!(
        "async function main() {{\n  const c = {connect};\n  await c.query('CREATE TABLE t (a INT)');\n}}\nmain();\n"
    );
    let lib = format!(
        "exports.open = async () => {{\n  return {connect};\n}};\nexports.tidy = async () => {{\n  return {connect};\n}};\n"
    );
    let routes = format!(
        "const {{ open }} = require('../lib');\napp.get('/a', async (q, r) => {{\n  const c = {connect};\n}});\n\
         async function list(q, r) {{\n  const c = {connect};\n}}\napp.get('/b', auth, list);\n\
         const helper = async () => {{\n  await (await open()).query('ALTER TABLE t ADD b INT');\n}};\n\
         app.post('/c', (q, r) => helper());\nasync function unused() {{\n  return {connect};\n}}\n\
         module.exports = (app) => {{\n  const pool = mysql.createPool(url);\n}};\n"
    );
    let api = format!(
        "export async function GET() {{\n  const c = {connect};\n}}\nexport default wrap(async (event) => {{\n  const c = {connect};\n}});\n\
         async function inner() {{\n  return {connect};\n}}\n"
    );
    let lambda = format!("exports.handler = async (event, context) => {{\n  const c = {connect};\n}};\n");
    let controller = format!(
        "export class Films {{\n  constructor() {{ this.a = 1; mysql.createPool(url); }}\n  async list() {{\n    const c = {connect};\n  }}\n}}\n"
    );
    let files: [(&str, &str); 6] = [
        ("src/script.js", &script),
        ("src/lib.js", &lib),
        ("src/web/server.js", &routes),
        ("src/pages/api/films.ts", &api),
        ("src/lambda.mjs", &lambda),
        ("src/films.controller.ts", &controller),
    ];
    let scan = scanned(&files, &[]);
    assert_eq!(
        told(&scan["findings"], "rule"),
        [
            "films.controller.ts:4 connection-per-request",
            "lambda.mjs:2 connection-per-request",
            "lib.js:2 connection-per-request",
            "pages/api/films.ts:2 connection-per-request",
            "pages/api/films.ts:5 connection-per-request",
            "web/server.js:3 connection-per-request",
            "web/server.js:6 connection-per-request",
            "web/server.js:10 ddl-in-request",
        ]
    );
}

#[test]
fn values_are_those_of_schema_and_scale_profile() {
    let code = "\
pool.query('SELECT id FROM films WHERE kind = ? AND room = ? LIMIT ?, 20', [kind, room, first]);
pool.query('SELECT id FROM films WHERE shown_at >= ? AND shown_at < ?', [from, to]);
pool.execute('SELECT id FROM films WHERE kind IN (?, ?, ?)', [a, b, c]);
pool.query('SELECT id FROM elsewhere WHERE email = ? LIMIT ?, 5', [email, first]);
";
    let up = "CREATE TABLE films (id INT PRIMARY KEY, kind VARCHAR(9), shown_at DATETIME);\n";
    let later = "ALTER TABLE films ADD COLUMN room ENUM('red','blue');\n";
    let scale = "\
concurrent-users: 1
tables:
  films:
    rows: 1000
    columns:
      kind: {distinct: 9, hot: [{value: short, fraction: 0.2}, {value: long, fraction: 0.6}]}
      shown_at: {distinct: 99, min: '2026-01-01 00:00:00', max: '2026-01-11 00:00:00'}
";
    let files =
        [("src/a.js", code), ("migrations/1_a.up.sql", up), ("migrations/2_b.up.sql", later), ("big.yaml", scale)];
    let params = |flags: &[&str]| {
        let scan = scanned(&files, flags);
        let each = scan["statements"].as_array().unwrap().iter().map(|one| one["params"].to_string());
        each.collect::<Vec<_>>()
    };
    assert_eq!(
        params(&["--schema", "migrations", "--scale", "big.yaml"]),
        [
            r#"["long","red",0]"#,
            r#"["2026-01-10 00:00:00","2026-01-11 00:00:00"]"#,
            r#"["long","short","a"]"#,
            r#"["someone@example.com",0]"#,
        ]
    );
    assert_eq!(params(&["--schema", "migrations"])[0], r#"["a","red",0]"#);
    assert_eq!(params(&[])[3], r#"["someone@example.com",0]"#);
    let alone = AuraDb::new(["catalogue", "scan", "src", "--scale", "big.yaml"]).run().exits(2);
    contains(&alone.stderr, "--schema");
}
