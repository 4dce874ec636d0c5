//! One query on a loaded server and on the sandbox: whether the plans are the same, and how far the estimates are apart.

use aura_db::model::plan::{Access, AccessType, Operation, Plan};
use aura_db::model::schema::Schema;
use std::collections::BTreeMap;

/// Names of indexes that have the same columns as another one, by which of the two is a toss-up.
pub(crate) type Same = BTreeMap<String, String>;

/// The indexes of a schema that are copies of others, with the name that stands for all of them.
pub(crate) fn same(schema: &Schema) -> Same {
    let mut found = Same::new();
    for table in &schema.tables {
        for (at, index) in table.indexes.iter().enumerate() {
            let first = table.indexes[..at].iter().find(|one| one.parts == index.parts && !one.is_unique());
            if let Some(first) = first.filter(|_| !index.is_unique()) {
                found.insert(index.name.clone(), first.name.clone());
            }
        }
    }
    found
}

/// One table's access in words: `alias type(key: parts)`.
fn access(one: &Access) -> String {
    let parts =
        if matches!(one.access_type, AccessType::IndexScan | AccessType::FullScan) { &[] } else { &one.key_parts[..] };
    let key = one.key.as_ref().map(|key| format!(" {key}({})", parts.join(","))).unwrap_or_default();
    format!("{} {:?}{key}", one.table, one.access_type)
}

/// What is compared: sorts and temporary tables, then each table's access type, key and key parts in the order of the join.
pub(crate) fn path(plan: &Plan, same: &Same) -> Vec<String> {
    let renamed = |one: &Access| {
        let words = access(one);
        same.iter().fold(words, |words, (name, first)| words.replace(name, first))
    };
    let steps = plan.nodes().into_iter().filter_map(|node| match node.operation {
        Operation::Sort => Some("sort".to_owned()),
        Operation::Temporary => Some("temporary table".to_owned()),
        _ => None,
    });
    let mut steps: Vec<String> = steps.collect();
    steps.sort();
    steps.into_iter().chain(plan.accesses().into_iter().map(renamed)).collect()
}

/// The plan in one line, with estimates.
pub(crate) fn line(plan: &Plan) -> String {
    let rows = |one: &Access| one.rows.rows().map_or("?".to_owned(), |rows| format!("{rows:.0}"));
    let all = plan.accesses().into_iter().map(|one| format!("{} {}", access(one), rows(one)));
    let all = all.collect::<Vec<_>>().join(" → ");
    let steps: Vec<String> =
        path(plan, &Same::new()).into_iter().take_while(|step| step == "sort" || step == "temporary table").collect();
    if steps.is_empty() { all } else { format!("{all}, {}", steps.join(", ")) }
}

/// How one query came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) shape: String,
    pub(crate) loaded: String,
    pub(crate) sandbox: String,
    /// The access paths and their order are the same.
    pub(crate) agrees: bool,
    /// The largest factor between two estimates of one access; `None` when one of them is unknown or the paths differ.
    pub(crate) factor: Option<f64>,
    /// Whether an estimate is unknown.
    pub(crate) unknown: bool,
}

impl Outcome {
    pub(crate) fn new(name: &str, shape: &str, loaded: &Plan, sandbox: &Plan, same: &Same) -> Self {
        let agrees = path(loaded, same) == path(sandbox, same);
        let pairs = || loaded.accesses().into_iter().zip(sandbox.accesses());
        let unknown =
            sandbox.accesses().iter().any(|one| one.rows.rows().is_none() && one.access_type != AccessType::Derived);
        let apart = |(one, other): (&Access, &Access)| {
            if one.access_type == AccessType::Derived {
                return Some(1.0);
            }
            let (one, other) = (one.rows.rows()?.max(1.0), other.rows.rows()?.max(1.0));
            Some((one / other).max(other / one))
        };
        let factors: Option<Vec<f64>> = if agrees { pairs().map(apart).collect() } else { None };
        let factor = factors.map(|all| all.into_iter().fold(1.0, f64::max));
        Self {
            name: name.into(),
            shape: shape.into(),
            loaded: line(loaded),
            sandbox: line(sandbox),
            agrees,
            factor,
            unknown,
        }
    }

    /// Whether plan and estimates are right.
    pub(crate) fn is_hit(&self, factor: f64) -> bool {
        self.agrees && self.factor.is_some_and(|apart| apart <= factor)
    }
}
