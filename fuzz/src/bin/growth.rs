//! Looks for work that grows faster than its input: each target gets the same text repeated, twice as often each time.
//! Run by `scripts/fuzz growth`, on Linux. What takes more than three times as long for twice as much is printed.

use aura_db_fuzz as targets;
use std::time::Duration;

/// Repeated texts: what stands before, what is repeated, what stands after.
const TEXTS: [(&str, &str, &str); 52] = [
    ("", "SELECT 1;", ""),
    ("", "SELECT 1;\n", ""),
    ("", " ", ""),
    ("", "\n", ""),
    ("", ";", ""),
    ("", "a ", ""),
    ("", "/* */", ""),
    ("", "/*", ""),
    ("", "/*!1 */", ""),
    ("", "-- x\n", ""),
    ("", "# ", ""),
    ("", "'a'", ""),
    ("'", "''", "'"),
    ("'", "\\'", "'"),
    ("", "`a`", ""),
    ("", "é;", ""),
    ("DELIMITER $$\n", "a$$", ""),
    ("", "DELIMITER a\nb a", ""),
    ("CREATE PROCEDURE p() ", "BEGIN ", ""),
    ("CREATE PROCEDURE p() BEGIN ", "SELECT 1; ", "END"),
    ("CREATE PROCEDURE p() BEGIN ", "IF a THEN SELECT 1; END IF; ", "END"),
    ("", "CREATE TABLE t (a INT);", ""),
    ("CREATE TABLE t (a INT", ", b INT", ")"),
    ("CREATE TABLE t (a INT", ", KEY (a)", ")"),
    ("CREATE TABLE t (a INT CHECK ", "(a)", ")"),
    ("ALTER TABLE t ADD a INT", ", ADD b INT", ""),
    ("ALTER TABLE t ADD INDEX (a)", ", DROP INDEX b", ""),
    ("DROP TABLE t", ", t", ""),
    ("RENAME TABLE a TO b", ", b TO c", ""),
    ("INSERT INTO t VALUES (1)", ", (1)", ""),
    ("INSERT INTO t VALUES (", "'a', ", "1)"),
    ("INSERT INTO t SELECT ", "(", ""),
    ("SELECT ", "(", "1"),
    ("SELECT 1 WHERE ", "(", ""),
    ("SELECT 1", " + 1", ""),
    ("SELECT 1 FROM t WHERE a = 1", " OR a = 1", ""),
    ("SELECT 1 FROM t WHERE a = 1", " AND a = 1", ""),
    ("SELECT 1 FROM t WHERE ", "NOT ", "a"),
    ("SELECT 1 FROM t WHERE a IN (1", ", ?", ")"),
    ("SELECT 1", " UNION SELECT 1", ""),
    ("SELECT 1 FROM t", " JOIN t", ""),
    ("SELECT 1 FROM t", ", t", ""),
    ("SELECT ", "CASE WHEN a THEN ", "1"),
    ("SELECT ", "f(", "1"),
    ("UPDATE t SET a = 1", ", a = 1", ""),
    ("WITH a AS (SELECT 1)", ", a AS (SELECT 1)", " SELECT 1"),
    ("SET @a = 1", ", @a = 1", ""),
    ("", "SET @a = 1;", ""),
    ("{\"query_block\":{\"nested_loop\":[{}", ",{\"table\":{\"table_name\":\"t\",\"access_type\":\"ALL\"}}", "]}}"),
    ("{\"query_block\":", "{\"ordering_operation\":", "1"),
    ("queries:\n", "  - {name: a, sql: SELECT 1}\n", ""),
    ("", "1 0 SCAN t\n", ""),
];

/// The processor's time that this thread has had, as Linux counts it: on a busy machine the clock says nothing.
fn worked() -> Duration {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(counted.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

fn main() {
    let targets: [(&str, fn(&[u8])); 6] = [
        ("split", targets::split),
        ("statement", targets::statement),
        ("script", targets::script),
        ("explain", targets::explain),
        ("profiles", targets::profiles),
        ("dump", targets::dump),
    ];
    for (before, part, after) in TEXTS {
        for (name, target) in targets {
            let mut times: Vec<(usize, Duration)> = Vec::new();
            let mut bytes = 16 << 10;
            while bytes <= 64 << 10 && times.last().is_none_or(|(_, time)| *time < Duration::from_secs(2)) {
                let text = format!("{before}{}{after}", part.repeat(bytes / part.len()));
                let begun = worked();
                target(text.as_bytes());
                times.push((bytes, worked().saturating_sub(begun)));
                bytes *= 2;
            }
            let grows = |two: &[(usize, Duration)]| two[1].1 > Duration::from_millis(100) && two[1].1 > two[0].1 * 3;
            let last = times[times.len() - 1];
            if times.windows(2).any(grows) || last.1 > Duration::from_secs(2) {
                println!("{name}: {before:?} {part:?} {after:?}: {times:?}");
            }
        }
    }
}
