//! What to believe of a plan that was made from statistics without rows.
//!
//! For anything but an equality `InnoDB` dives into the index itself, which is empty: it finds nothing, and the optimizer
//! is told one row for each range. Only estimates that come from the statistics tables can be believed.

use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan};

const DIVE: &str = "a range on an empty table: the server dives into the index and finds nothing";
const CUT_OFF: [&str; 4] = [
    "no matching row in const table",
    "Impossible WHERE noticed after reading const tables",
    "const row not found",
    "unique row not found",
];

/// Marks the estimates that come from a dive into an empty index as unknown.
///
/// A list of equalities (`IN`) is read as a range too, but under `eq_range_index_dive_limit=1` its estimate comes from the
/// statistics. It is told from a real range by its condition: one without any other comparison is believed.
pub fn distrust_ranges(plan: &mut Plan) {
    distrust(&mut plan.root);
}

fn distrust(node: &mut Node) {
    if let Some(access) = &mut node.access {
        distrust_range(access);
    }
    node.children.iter_mut().for_each(distrust);
}

/// Marks one access's estimate as unknown if it comes from a dive into an empty index; says whether it does.
pub fn distrust_range(access: &mut Access) -> bool {
    let dives = matches!(access.access_type, AccessType::Range | AccessType::IndexMerge);
    let distrusted = dives && !is_list_of_equalities(access);
    if distrusted {
        access.rows = Estimate::Unknown(DIVE.into());
        access.filtered = None;
    }
    distrusted
}

/// Whether the condition compares by nothing but `=`, `<=>`, `IN` and `IS NULL`. An absent condition proves nothing.
fn is_list_of_equalities(access: &Access) -> bool {
    let Some(condition) = &access.condition else { return false };
    let bare = without_quoted(condition).to_lowercase().replace("<=>", "=").replace("<cache>", "");
    let compares = ["=", " in (", " is null"].iter().any(|word| bare.contains(word));
    let ranges = ["<", ">", "!=", " between ", " like ", "not in", "not null", "not(", "not ", "rlike", "regexp"];
    compares && !ranges.iter().any(|word| bare.contains(word))
}

/// The condition without the insides of texts and names, where any word may stand.
fn without_quoted(text: &str) -> String {
    let (mut bare, mut rest) = (String::with_capacity(text.len()), text.chars());
    while let Some(c) = rest.next() {
        bare.push(c);
        if matches!(c, '\'' | '"' | '`') {
            while let Some(inside) = rest.next() {
                if inside == c {
                    break;
                }
                if inside == '\\' && c != '`' {
                    rest.next();
                }
            }
        }
    }
    bare
}

/// Whether the plan ends where the optimizer read a constant row from an empty table and found none.
///
/// Both servers look a unique key's constant up while they plan. For a statement on one table that is the whole answer: at
/// most one row. In a join the plan of the other tables is missing, and nothing can be said about them.
#[must_use]
pub fn is_cut_off(plan: &Plan) -> bool {
    plan.nodes().iter().any(|node| match &node.operation {
        Operation::NoTable(reason) => CUT_OFF.iter().any(|known| reason.contains(known)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(condition: Option<&str>) -> Plan {
        let access = Access {
            table: "t".into(),
            access_type: AccessType::Range,
            key: Some("k".into()),
            key_parts: vec!["a".into()],
            possible_keys: Vec::new(),
            covering: false,
            rows: Estimate::Rows(38.0),
            filtered: Some(100.0),
            condition: condition.map(str::to_owned),
        };
        let root = Node::new(Operation::Query, vec![Node::table(access)]);
        Plan { root, cost: None, warnings: Vec::new() }
    }

    fn believed(condition: Option<&str>) -> bool {
        let mut plan = range(condition);
        distrust_ranges(&mut plan);
        plan.accesses()[0].rows.rows().is_some()
    }

    #[test]
    fn lists_of_equalities_are_believed() {
        assert!(believed(Some("(`d`.`t`.`a` in (1,2,3))")));
        assert!(believed(Some("((`d`.`t`.`a` = 1) or (`d`.`t`.`a` = 2) or (`d`.`t`.`a` is null))")));
        assert!(believed(Some("t.`a<b` in ('x < y','not like this')")));
    }

    #[test]
    fn everything_else_is_unknown() {
        for condition in [
            "(`t`.`a` > 1)",
            "(`t`.`a` in (1,2) and `t`.`b` < 3)",
            "(`t`.`a` between 1 and 2)",
            "(`t`.`a` like 'x%')",
            "(`t`.`a` not in (1,2))",
            "(`t`.`a` <> 1)",
            "(`t`.`a` is not null)",
            "true",
        ] {
            assert!(!believed(Some(condition)), "{condition}");
        }
        assert!(!believed(None));
    }

    #[test]
    fn a_plan_that_ends_at_a_missing_constant_row_is_cut_off() {
        let with = |reason: &str| Plan {
            root: Node::new(Operation::Query, vec![Node::new(Operation::NoTable(reason.into()), Vec::new())]),
            cost: None,
            warnings: Vec::new(),
        };
        assert!(is_cut_off(&with("no matching row in const table")));
        assert!(is_cut_off(&with("Impossible WHERE noticed after reading const tables")));
        assert!(!is_cut_off(&with("Impossible WHERE")));
        assert!(!is_cut_off(&range(None)));
    }
}
