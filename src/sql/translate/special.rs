//! The general and the text functions of the function table.

#![expect(clippy::unnecessary_wraps, reason = "the functions of the table have one signature")]

use super::functions::{ANY, Call, Rule, wrapped};
use super::literal;
use Rule::{As, By, Called, Same};
use sqlparser::ast::{DuplicateTreatment, FunctionArgumentClause, FunctionArguments};

/// What `SQLite` has and `MySQL` has not, or has with the same meaning and nothing to say about.
pub(super) const BUILT_IN: &[&str] = &[
    "CHANGES",
    "IIF",
    "JULIANDAY",
    "LAST_INSERT_ROWID",
    "LIKELIHOOD",
    "LIKELY",
    "PRINTF",
    "RANDOM",
    "RANDOMBLOB",
    "SQLITE_VERSION",
    "STRFTIME",
    "TOTAL",
    "TOTAL_CHANGES",
    "TYPEOF",
    "UNICODE",
    "UNIXEPOCH",
    "UNLIKELY",
    "ZEROBLOB",
    "DATETIME",
    "JSON_EACH",
    "JSON_GROUP_ARRAY",
    "JSON_GROUP_OBJECT",
    "JSON_ARRAY_LENGTH",
    "GLOB",
];

/// Aggregates, windows, control flow, numbers and what is asked of the session.
pub(super) const GENERAL: &[(&str, Rule)] = &[
    ("COUNT", By(count)),
    ("SUM", Same),
    ("AVG", Same),
    ("MIN", Same),
    ("MAX", Same),
    ("ANY_VALUE", Called("max")),
    ("GROUP_CONCAT", By(group_concat)),
    ("ROW_NUMBER", Same),
    ("RANK", Same),
    ("DENSE_RANK", Same),
    ("PERCENT_RANK", Same),
    ("CUME_DIST", Same),
    ("NTILE", Same),
    ("LAG", Same),
    ("LEAD", Same),
    ("FIRST_VALUE", Same),
    ("LAST_VALUE", Same),
    ("NTH_VALUE", Same),
    ("IF", As(&[(3, "CASE WHEN {0} THEN {1} ELSE {2} END")])),
    ("IFNULL", Same),
    ("NVL", Called("ifnull")),
    ("NULLIF", Same),
    ("COALESCE", As(&[(1, "{0}"), (ANY, "coalesce({*})")])),
    ("ISNULL", As(&[(1, "({0} IS NULL)")])),
    ("GREATEST", As(&[(1, "{0}"), (ANY, "max({*})")])),
    ("LEAST", As(&[(1, "{0}"), (ANY, "min({*})")])),
    ("FIELD", By(field)),
    ("ELT", By(elt)),
    ("ROW", As(&[(ANY, "({*})")])),
    ("ABS", Same),
    ("SIGN", Same),
    ("ROUND", Same),
    ("MOD", As(&[(2, "({0} % {1})")])),
    ("PI", As(&[(0, "3.141592653589793")])),
    ("POW", By(power)),
    ("POWER", By(power)),
    ("FLOOR", As(&[(1, FLOOR)])),
    ("CEIL", As(&[(1, CEIL)])),
    ("CEILING", As(&[(1, CEIL)])),
    (
        "TRUNCATE",
        As(&[(
            2,
            "(CASE WHEN {1} = 0 THEN CAST({0} AS INTEGER) ELSE round({0} - sign({0}) * 0.5 / ('1e' || {1}), {1}) END)",
        )]),
    ),
    // Between 0 and 1, as random() covers all 64-bit integers.
    ("RAND", As(&[(ANY, "(0.5 + random() / 18446744073709551616.0)")])),
    ("DATABASE", As(&[(0, "'main'")])),
    ("SCHEMA", As(&[(0, "'main'")])),
    ("VERSION", As(&[(0, "sqlite_version()")])),
    ("USER", As(&[(0, "'embedded'")])),
    ("CURRENT_USER", As(&[(0, "'embedded'")])),
    ("SESSION_USER", As(&[(0, "'embedded'")])),
    ("CONNECTION_ID", As(&[(0, "1")])),
    ("LAST_INSERT_ID", As(&[(0, "last_insert_rowid()"), (1, "{0}")])),
    ("ROW_COUNT", As(&[(0, "changes()")])),
    ("UUID", As(&[(0, UUID)])),
    ("UUID_TO_BIN", As(&[(1, "unhex(replace({0}, '-', ''))")])),
    ("VALUES", As(&[(1, "excluded.{0}")])),
    ("VALUE", As(&[(1, "excluded.{0}")])),
];

/// Functions of strings.
pub(super) const TEXT: &[(&str, Rule)] = &[
    ("CONCAT", By(concat)),
    ("CONCAT_WS", Same),
    ("LOWER", Same),
    ("LCASE", Called("lower")),
    ("UPPER", Same),
    ("UCASE", Called("upper")),
    ("LENGTH", Called("octet_length")),
    ("OCTET_LENGTH", Same),
    ("CHAR_LENGTH", Called("length")),
    ("CHARACTER_LENGTH", Called("length")),
    ("LEFT", As(&[(2, "substr({0}, 1, {1})")])),
    ("RIGHT", As(&[(2, "CASE WHEN {1} > 0 THEN substr({0}, -{1}) ELSE '' END")])),
    ("SUBSTRING", Called("substr")),
    ("SUBSTR", Same),
    ("MID", Called("substr")),
    (
        "LOCATE",
        As(&[
            (2, "instr({1}, {0})"),
            (3, "CASE WHEN instr(substr({1}, {2}), {0}) > 0 THEN instr(substr({1}, {2}), {0}) + {2} - 1 ELSE 0 END"),
        ]),
    ),
    ("INSTR", Same),
    ("POSITION", As(&[(2, "instr({1}, {0})")])),
    ("REPLACE", Same),
    ("INSERT", As(&[(4, "(substr({0}, 1, {1} - 1) || {3} || substr({0}, {1} + {2}))")])),
    ("REPEAT", As(&[(2, "replace(hex(zeroblob({1})), '00', {0})")])),
    ("SPACE", As(&[(1, "replace(hex(zeroblob({0})), '00', ' ')")])),
    (
        "LPAD",
        As(&[(
            3,
            "substr(substr(replace(hex(zeroblob({1})), '00', {2}), 1, max({1} - length({0}), 0)) || {0}, 1, {1})",
        )]),
    ),
    ("RPAD", As(&[(3, "substr({0} || replace(hex(zeroblob({1})), '00', {2}), 1, {1})")])),
    ("LTRIM", Same),
    ("RTRIM", Same),
    ("TRIM", Same),
    ("HEX", Same),
    ("UNHEX", Same),
    ("ASCII", Called("unicode")),
    ("ORD", Called("unicode")),
    ("CHAR", Same),
    ("QUOTE", Same),
    ("SOUNDEX", Same),
    ("FORMAT", As(&[(2, "printf('%,.' || {1} || 'f', {0})")])),
    ("STRCMP", As(&[(2, "CASE WHEN {0} < {1} THEN -1 ELSE {0} > {1} END")])),
    // 1 or 0 where MySQL gives the place in the list: enough for a condition.
    ("FIND_IN_SET", As(&[(2, "(instr(',' || {1} || ',', ',' || {0} || ',') > 0)")])),
    ("SUBSTRING_INDEX", By(substring_index)),
];

/// Rounds towards minus infinity: a cast rounds towards zero.
const FLOOR: &str = "(CAST({0} AS INTEGER) - ({0} < CAST({0} AS INTEGER)))";
const CEIL: &str = "(CAST({0} AS INTEGER) + ({0} > CAST({0} AS INTEGER)))";

const UUID: &str = "lower(substr(hex(randomblob(4)), 1, 8) || '-' || substr(hex(randomblob(2)), 1, 4) || '-4' || substr(hex(randomblob(2)), 2, 3) || '-8' || substr(hex(randomblob(2)), 2, 3) || '-' || hex(randomblob(6)))";

/// `FLOOR(x)` of an expression that the parser has a form of its own for.
pub(super) fn rounded(up: bool, value: &str) -> String {
    (if up { CEIL } else { FLOOR }).replace("{0}", &wrapped(value))
}

/// A whole power, as a product: the bundled library is built without functions such as `pow` and `sqrt`.
fn power(call: &Call<'_>) -> Result<String, String> {
    match call.args.get(1).and_then(|exponent| exponent.parse::<usize>().ok()) {
        Some(0) => Ok("1.0".into()),
        Some(exponent @ 1..=8) => Ok(format!("({} * 1.0)", vec![call.arg(0); exponent].join(" * "))),
        _ => Err(format!("the embedded engine has {}() with a whole exponent from 0 to 8 only", call.name)),
    }
}

fn is_distinct(call: &Call<'_>) -> bool {
    matches!(&call.function.args, FunctionArguments::List(list) if list.duplicate_treatment == Some(DuplicateTreatment::Distinct))
}

/// The call as it stands, for what differs in some cases only. Its window, if any, comes with it.
fn count(call: &Call<'_>) -> Result<String, String> {
    if !is_distinct(call) || call.args.len() == 1 {
        return Ok(call.function.to_string());
    }
    // Rows with a NULL among the columns do not count, in either form.
    Ok(format!("count(DISTINCT {})", joined(call, " || char(31) || ")))
}

fn joined(call: &Call<'_>, operator: &str) -> String {
    (0..call.args.len()).map(|at| call.arg(at)).collect::<Vec<_>>().join(operator)
}

fn concat(call: &Call<'_>) -> Result<String, String> {
    Ok(match call.args.len() {
        1 => call.arg(0),
        _ => format!("({})", joined(call, " || ")),
    })
}

fn group_concat(call: &Call<'_>) -> Result<String, String> {
    let FunctionArguments::List(list) = &call.function.args else {
        return Err("GROUP_CONCAT without arguments".into());
    };
    let value = joined(call, " || ");
    let mut order = String::new();
    let mut separator = "','".to_owned();
    for clause in &list.clauses {
        match clause {
            FunctionArgumentClause::OrderBy(parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                order = format!(" ORDER BY {}", parts.join(", "));
            }
            FunctionArgumentClause::Separator(text) => separator = text.to_string(),
            other => return Err(format!("the embedded engine has no {other} in GROUP_CONCAT")),
        }
    }
    if !is_distinct(call) {
        return Ok(format!("group_concat({value}, {separator}{order})"));
    }
    // DISTINCT goes with one argument only, so the separator is put in afterwards.
    let text = format!("group_concat(DISTINCT {value}{order})");
    Ok(if separator == "','" { text } else { format!("replace({text}, ',', {separator})") })
}

fn field(call: &Call<'_>) -> Result<String, String> {
    let cases: Vec<String> = (1..call.args.len()).map(|at| format!("WHEN {} THEN {at}", call.arg(at))).collect();
    Ok(format!("CASE {} {} ELSE 0 END", call.arg(0), cases.join(" ")))
}

fn elt(call: &Call<'_>) -> Result<String, String> {
    let cases: Vec<String> = (1..call.args.len()).map(|at| format!("WHEN {at} THEN {}", call.arg(at))).collect();
    Ok(format!("CASE {} {} END", call.arg(0), cases.join(" ")))
}

fn substring_index(call: &Call<'_>) -> Result<String, String> {
    let (text, delimiter) = (call.arg(0), call.arg(1));
    match (call.args.get(2).map(String::as_str), call.string(1)) {
        (Some("1"), _) => Ok(format!(
            "CASE WHEN instr({text}, {delimiter}) > 0 THEN substr({text}, 1, instr({text}, {delimiter}) - 1) ELSE {text} END"
        )),
        // What follows the last delimiter: trimming all other characters from the right leaves what comes before it.
        (Some("-1"), Some(one)) if one.chars().count() == 1 => {
            Ok(format!("substr({text}, length(rtrim({text}, replace({text}, {}, ''))) + 1)", literal::quoted(&one)))
        }
        _ => Err("the embedded engine has SUBSTRING_INDEX() with a count of 1 or -1 only".into()),
    }
}
