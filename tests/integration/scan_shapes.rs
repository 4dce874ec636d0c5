//! The ways in which code runs a statement, as a generator writes them: each knows the lines of its statements, as it has put
//! them there.

/// What a piece of code is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    /// Makes names unique.
    pub(crate) number: usize,
    pub(crate) one: &'a str,
    pub(crate) two: &'a str,
}

/// A way to write a statement.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// Code: `§` is the number, `«1»` the first statement, `«2»` the second, `«1a»` and `«1b»` are halves of it, `«1/»` is it with
    /// a line for each word. `«=…»` is no code: it says which statement the text on its line makes.
    code: &'static str,
    /// Whether only TypeScript has it.
    pub(crate) typed: bool,
    /// Whether it holds something that cannot be told from the code.
    pub(crate) dynamic: bool,
}

const fn js(name: &'static str, code: &'static str) -> Shape {
    Shape { name, code, typed: false, dynamic: false }
}

const fn ts(name: &'static str, code: &'static str) -> Shape {
    Shape { name, code, typed: true, dynamic: false }
}

const fn dynamic(name: &'static str, code: &'static str) -> Shape {
    Shape { name, code, typed: false, dynamic: true }
}

/// Every way.
pub(crate) const SHAPES: [Shape; 86] = [
    js("single quotes", "async function f§() {\n  return pool.query('«1»');\n}\n"),
    js("double quotes", "const f§ = async () => (await pool.execute(\"«1»\"))[0];\n"),
    js("template", "function f§() {\n  return db.query(`\n    «1/»\n  `);\n}\n"),
    js(
        "template on the line of its call",
        "export async function f§() {\n  const [rows] = await pool.query(`«1/»`);\n  return rows;\n}\n",
    ),
    js("text on a line of its own", "function f§(id) {\n  return pool.execute(\n    '«1»',\n    [id],\n  );\n}\n"),
    js("concatenation", "function f§() {\n  return pool.query('«1a» ' +\n    '«1b»');\n}\n"),
    js(
        "constant of the function",
        "function f§() {\n  const text = '«1»';\n  log(text);\n  return pool.query(text);\n}\n",
    ),
    js("constant of the file", "const TEXT_§ = `«1/»`;\n\nexport const f§ = () => pool.query(TEXT_§);\n"),
    js("constant that stands below", "export const f§ = () => pool.query(BELOW_§);\nconst BELOW_§ = '«1»';\n"),
    js(
        "member of an object",
        "const TEXTS_§ = {\n  one: '«1»',\n  two: '«2»',\n};\nconst f§ = () => Promise.all([pool.query(TEXTS_§.one), pool.query(TEXTS_§['two'])]);\n",
    ),
    js(
        "frozen object",
        "const FROZEN_§ = Object.freeze({ one: '«1»' });\nfunction f§() { return pool.query(FROZEN_§.one); }\n",
    ),
    js("options", "function f§() {\n  return pool.query({ sql: '«1»', timeout: 5000 }, []);\n}\n"),
    js(
        "options over lines",
        "function f§(id) {\n  return pool.execute({\n    timeout: 5000,\n    sql: `«1»`,\n    values: [id],\n  });\n}\n",
    ),
    js(
        "options in a constant",
        "function f§() {\n  const options = { sql: '«1»', nestTables: true };\n  return pool.query(options);\n}\n",
    ),
    js(
        "method",
        "class Store§ {\n  async read() {\n    return this.pool.query('«1»');\n  }\n  static write() { return db.execute('«2»'); }\n}\n",
    ),
    js("private field", "class Hidden§ {\n  #pool = pool;\n  read() { return this.#pool.query('«1»'); }\n}\n"),
    js(
        "method of an object",
        "const store§ = {\n  read() { return pool.query('«1»'); },\n  write: async function () { return pool.query('«2»'); },\n};\n",
    ),
    js("field that is a function", "class Late§ {\n  read = async () => pool.query('«1»');\n}\n"),
    js("generator", "async function* f§() {\n  for await (const row of pool.query('«1»')) yield row;\n}\n"),
    js("stream", "const f§ = (res) => pool.queryStream('«1»').pipe(res);\n"),
    js(
        "callback",
        "function f§(done) {\n  pool.query('«1»', function (error, rows) {\n    if (error) return done(error);\n    pool.query('«2»', done);\n  });\n}\n",
    ),
    js("promises", "const f§ = () => pool.query('«1»')\n  .then(() => pool.query('«2»'))\n  .catch(() => null);\n"),
    js("all at once", "const f§ = () => Promise.all([\n  pool.query('«1»'),\n  pool.query('«2»'),\n]);\n"),
    js("optional chaining", "const f§ = (maybe) => maybe?.query('«1»');\n"),
    js("optional call", "const f§ = (maybe) => maybe.query?.('«1»');\n"),
    js("one of two", "const f§ = (newest) => pool.query(newest\n  ? '«1»'\n  : '«2»');\n"),
    js(
        "if and else",
        "function f§(newest) {\n  let text;\n  if (newest) {\n    text = '«1»';\n  } else {\n    text = '«2»';\n  }\n  return pool.query(text);\n}\n",
    ),
    js(
        "switch",
        "function f§(kind) {\n  let text = '«1»';\n  switch (kind) {\n    case 'two':\n      text = '«2»';\n      break;\n  }\n  return pool.query(text);\n}\n",
    ),
    js("early return", "function f§(kind) {\n  if (kind) return pool.query('«1»');\n  return pool.query('«2»');\n}\n"),
    js("added to", "function f§() {\n  let text = '«1a»';\n  text += ' «1b»';\n  return pool.query(text);\n}\n"),
    js("concat", "const f§ = () => pool.query('«1a» '.concat('«1b»'));\n"),
    js("joined lines", "const f§ = () => pool.query([\n  '«1a»',\n  '«1b»',\n].join(' '));\n"),
    js(
        "pushed lines",
        "function f§() {\n  const parts = ['«1a»'];\n  parts.push('«1b»');\n  return pool.query(parts.join('\\n'));\n}\n",
    ),
    js("raw", "const f§ = () => knex.raw(String.raw`«1»`);\n"),
    js("trimmed", "const f§ = () => pool.query(`\n  «1»\n`.trim());\n"),
    js("tag", "const f§ = () => prisma.$queryRaw`«1»`;\n"),
    js("tag of its own", "const f§ = () => db.execute(sql`«1»`);\n"),
    js(
        "value in a template",
        "const f§ = (id) => pool.query(`SELECT id FROM films_§ WHERE id = ${id}«=SELECT id FROM films_§ WHERE id = ?»`);\n",
    ),
    js(
        "value that is added",
        "const f§ = (id) => pool.query('SELECT id FROM films_§ WHERE id = ' + id«=SELECT id FROM films_§ WHERE id = ?»);\n",
    ),
    js(
        "value in quotes",
        "const f§ = (word) => pool.query(`SELECT id FROM films_§ WHERE title = '${word}' LIMIT 3`«=SELECT id FROM films_§ WHERE title = ? LIMIT 3»);\n",
    ),
    js(
        "placeholders",
        "const f§ = (a, b) => pool.execute('SELECT id FROM films_§ WHERE year > ? AND id < ?'«=SELECT id FROM films_§ WHERE year > ? AND id < ?», [a, b]);\n",
    ),
    js(
        "placeholders with names",
        "const f§ = (a) => pool.execute('SELECT id FROM films_§ WHERE year > :year'«=SELECT id FROM films_§ WHERE year > ?», { year: a });\n",
    ),
    js(
        "escaped quotes",
        "const f§ = () => pool.query('SELECT id FROM films_§ WHERE title = \\'it\\''«=SELECT id FROM films_§ WHERE title = 'it'»);\n",
    ),
    js(
        "list of marks",
        "function f§(ids) {\n  const marks = ids.map(() => '?').join(',');\n  return pool.execute(`SELECT id FROM films_§ WHERE id IN (${marks})`«=SELECT id FROM films_§ WHERE id IN (?, ?, ?)», ids);\n}\n",
    ),
    js(
        "name of a constant table",
        "const TABLE_§ = 'films_§';\nconst f§ = () => pool.query(`DELETE FROM ${TABLE_§} WHERE id = 3`«=DELETE FROM films_§ WHERE id = 3»);\n",
    ),
    js("in a loop", "async function f§(ids) {\n  for (const id of ids) {\n    await pool.query('«1»');\n  }\n}\n"),
    js(
        "while",
        "async function f§(more) {\n  while (await more()) await pool.query('«1»');\n  do { await pool.query('«2»'); } while (await more());\n}\n",
    ),
    js("each", "const f§ = (ids) => ids.forEach((id) => pool.query('«1»'));\n"),
    js(
        "try",
        "async function f§() {\n  try {\n    await pool.query('«1»');\n  } catch (error) {\n    await pool.query('«2»');\n  } finally {\n    done();\n  }\n}\n",
    ),
    js("route", "app§.get('/films', async (req, res) => {\n  res.json(await pool.query('«1»'));\n});\n"),
    js("called at once", "(async () => {\n  await pool.query('«1»');\n})();\n"),
    js("default of a parameter", "function f§(text = '«1»') {\n  return text;\n}\n"),
    js("exported for others", "export const EXPORTED_§ = '«1»';\n"),
    dynamic(
        "wrapper",
        "const run§ = (text, values) => pool.execute(text, values).then((all) => all[0]);\nconst f§ = () => run§('«1»');\n",
    ),
    ts(
        "types",
        "async function f§(id: number): Promise<Row[]> {\n  const [rows] = await pool.query<Row[]>('«1»', [id] as const);\n  return rows as Row[];\n}\n",
    ),
    ts("as const", "const TYPED_§ = { one: '«1»' } as const;\nconst f§ = () => pool!.query(TYPED_§.one);\n"),
    ts("satisfies", "const SURE_§ = '«1»' satisfies string;\nexport const f§ = () => pool.query(SURE_§ as string);\n"),
    js("bound", "const exec§ = pool.execute.bind(pool);\nconst f§ = () => exec§('«1»');\n"),
    js("called with its pool", "const f§ = () => pool.query.call(pool, '«1»');\n"),
    dynamic("static constant", "class Texts§ {\n  static ONE = '«1»';\n}\nconst f§ = () => pool.query(Texts§.ONE);\n"),
    js(
        "lower case",
        "const f§ = () => pool.query('select id from films_§ where year > 3'«=select id from films_§ where year > 3»);\n",
    ),
    js("mixed case", "const f§ = () => pool.query('Select id From films_§'«=Select id From films_§»);\n"),
    dynamic(
        "list of statements",
        "const all§ = [\n  '«1»',\n  '«2»',\n];\nconst f§ = () => all§.forEach((text) => pool.query(text));\n",
    ),
    js("map", "const map§ = new Map([['one', '«1»'], ['two', `«2»`]]);\nconst f§ = (key) => lookUp(map§, key);\n"),
    dynamic("made by a function", "const text§ = () => '«1»';\nfunction f§() { return pool.query(text§()); }\n"),
    js("promise of a client", "const f§ = () => connection.promise().query('«1»');\n"),
    js("pool of a promise", "const f§ = async () => (await (await getPool()).query('«1»'))[0];\n"),
    js("computed member", "const f§ = () => db['query']('«1»');\n"),
    js("comment before it", "const f§ = () => pool.query(/* films */ '«1»' /* all */);\n"),
    js(
        "comment in it",
        "const f§ = () => pool.query('/* films */ SELECT id FROM films_§'«=/* films */ SELECT id FROM films_§»);\n",
    ),
    js("line that goes on", "const f§ = () => pool.query('«1a» \\\n    «1b»');\n"),
    js(
        "condition in a template",
        "const f§ = (all) => pool.query(`SELECT id FROM films_§${all ? '' : ' WHERE id > 3'}`«=SELECT id FROM films_§»«=SELECT id FROM films_§ WHERE id > 3»);\n",
    ),
    js("letters before it", "const ü§ = 'ä€😀'; const f§ = () => pool.query('«1»');\n"),
    js("two on a line", "const f§ = () => [pool.query('«1»'), pool.query('«2»')];\n"),
    js("getter", "const lazy§ = { get rows() { return pool.query('«1»'); } };\n"),
    js("block of a class", "class Block§ {\n  static {\n    pool.query('«1»');\n  }\n}\n"),
    Shape {
        typed: true,
        ..dynamic("enumeration", "enum Texts§ {\n  One = '«1»',\n}\nexport const f§ = () => pool.query(Texts§.One);\n")
    },
    ts("namespace", "namespace Films§ {\n  export const f = () => pool.query('«1»');\n}\n"),
    ts(
        "decorated",
        "class Service§ {\n  @cached()\n  async one(@param() id: number) { return this.db.query('«1»'); }\n}\n",
    ),
    dynamic("replaced", "const f§ = (word) => pool.query(TEXT.replace('films', word));\n"),
    dynamic("made of a parameter", "const by§ = (order) => pool.query('SELECT id FROM films_§ ORDER BY ' + order);\n"),
    dynamic("column", "const f§ = (column) => pool.query(`SELECT ${column} FROM films_§`);\n"),
    dynamic("table", "const f§ = (table) => pool.query('SELECT id FROM ' + table);\n"),
    dynamic("text from elsewhere", "const f§ = async () => pool.query(await readText(§));\n"),
    dynamic("schema change", "const f§ = () => pool.query('ALTER TABLE films_§ ADD COLUMN x INT');\n"),
    dynamic(
        "transaction and condition",
        "async function f§(where) {\n  await pool.query('START TRANSACTION');\n  await pool.query(`SELECT id FROM films_§ ${where}`);\n}\n",
    ),
];

impl Shape {
    /// The code, and each statement in it with the line on which it begins, from 1.
    pub(crate) fn write(&self, words: &Words<'_>) -> (String, Vec<(u64, String)>) {
        let (mut code, mut statements) = (String::new(), Vec::new());
        let number = words.number.to_string();
        for (at, part) in self.code.replace('§', &number).split(['«', '»']).enumerate() {
            if at % 2 == 0 {
                code.push_str(part);
                continue;
            }
            let line = code.matches('\n').count() as u64 + 1;
            if let Some(made) = part.strip_prefix('=') {
                statements.push((line, made.to_owned()));
                continue;
            }
            let statement = if part.starts_with('1') { words.one } else { words.two };
            let middle = statement.match_indices(' ').map(|(at, _)| at).find(|at| *at >= statement.len() / 2);
            let (start, end) = statement.split_at(middle.unwrap_or(0));
            match &part[1..] {
                "" => code.push_str(statement),
                "/" => code.push_str(&statement.replace(' ', "\n      ")),
                "a" => code.push_str(start),
                "b" => code.push_str(end.trim_start()),
                other => panic!("{}: {other}", self.name),
            }
            if &part[1..] != "b" {
                statements.push((line, statement.to_owned()));
            }
        }
        (code, statements)
    }
}
