use super::*;

fn signature(lines: &[&str]) -> Signature {
    let mut signature = Signature::default();
    for line in lines {
        signature.take(line).unwrap();
    }
    signature
}

/// The changes' kinds; the indexes called `idx_gone…` are no longer there.
fn kinds(before: &[&str], now: &[&str]) -> Vec<ChangeKind> {
    changes(before, now).into_iter().map(|change| change.kind).collect()
}

fn changes(before: &[&str], now: &[&str]) -> Vec<Change> {
    let ground = Ground { tolerance: 2.0, few_rows: 100.0, small_rows: 1000.0 };
    compare(&signature(before), &signature(now), ground, &|_, key| !key.starts_with("idx_gone"))
}

#[test]
fn the_same_plan_has_no_changes() {
    let plan = ["o ref idx_a", "c eq_ref PRIMARY", "sort", "rows 5000"];
    assert_eq!(kinds(&plan, &plan), []);
    assert_eq!(kinds(&["o ref idx_a", "rows unknown"], &["o ref idx_a", "rows 9"]), []);
}

#[test]
fn an_index_that_is_gone_is_named() {
    let found = changes(&["o ref idx_gone", "rows 20"], &["o full_scan", "rows 5000"]);
    assert_eq!(found[0].kind, ChangeKind::LostIndex);
    assert_eq!(
        found[0].message,
        "the index idx_gone is gone: `o` was read by ref through idx_gone, and is by full_scan"
    );
    assert_eq!(found[1].kind, ChangeKind::MoreRows);
    assert_eq!(found[1].message, "it looks at 5,000 rows, and did at 20 (tolerance 2)");
    assert_eq!(
        kinds(&["o ref idx_gone", "rows 2"], &["o full_scan", "rows 3"]),
        [ChangeKind::LostIndex],
        "even if small"
    );
    let merge = changes(&["o index_merge `union(idx_a,idx_gone)`", "rows 20"], &["o full_scan", "rows 5000"]);
    assert!(merge[0].message.starts_with("the index idx_gone is gone"), "{merge:?}");
}

#[test]
fn an_index_under_another_name_is_no_loss() {
    assert_eq!(kinds(&["o ref idx_gone", "rows 200"], &["o ref idx_new", "rows 200"]), [ChangeKind::Other]);
    assert_eq!(kinds(&["o ref idx_gone", "rows 200"], &["o ref idx_wide", "rows 260"]), [ChangeKind::LostIndex]);
    assert_eq!(kinds(&["o ref idx_gone", "rows 200"], &["o eq_ref idx_new", "rows 1"])[0], ChangeKind::Other);
    // The index gave an order that the other one does not give.
    let sorted = kinds(&["o ref idx_gone", "rows 200"], &["o ref idx_fk", "sort", "rows 200"]);
    assert_eq!(sorted, [ChangeKind::LostIndex, ChangeKind::Other]);
}

#[test]
fn a_probe_does_not_need_the_index_that_it_walks() {
    assert_eq!(kinds(&["o index_scan idx_gone", "rows 1"], &["o full_scan", "rows 1"]), [ChangeKind::Other]);
    assert_eq!(kinds(&["o index_scan idx_gone", "rows 9000"], &["o full_scan", "rows 9000"]), [ChangeKind::LostIndex]);
}

#[test]
fn an_index_that_is_no_longer_used_counts_where_it_hurts() {
    assert_eq!(kinds(&["o ref idx_a", "rows 900"], &["o full_scan", "rows 1001"]), [ChangeKind::LostIndex]);
    assert_eq!(kinds(&["o ref idx_a", "rows 900"], &["o full_scan", "rows 1000"]), [ChangeKind::Other], "few rows");
    assert_eq!(kinds(&["o ref idx_a", "rows unknown"], &["o full_scan", "rows unknown"]), [ChangeKind::LostIndex]);
    assert_eq!(kinds(&["o index_scan idx_a", "rows 900"], &["o index_scan idx_b", "rows 900"]), [ChangeKind::Other]);
}

#[test]
fn a_worse_way_through_the_same_index_counts_with_its_rows() {
    assert_eq!(kinds(&["o ref idx_a", "rows 9000"], &["o index_scan idx_a", "rows 10000"]), [ChangeKind::WorseAccess]);
    assert_eq!(kinds(&["o ref idx_a", "rows 9000"], &["o range idx_a", "rows 10000"]), [ChangeKind::WorseAccess]);
    assert_eq!(kinds(&["o ref idx_a", "rows 9000"], &["o range idx_a", "rows 8000"]), [ChangeKind::Other]);
}

#[test]
fn a_new_sort_counts_unless_few_rows_are_sorted() {
    assert_eq!(kinds(&["o full_scan", "rows 9000"], &["o full_scan", "sort", "rows 9000"]), [ChangeKind::NewSort]);
    assert_eq!(kinds(&["o full_scan", "rows 900"], &["o full_scan", "temporary", "rows 900"]), [ChangeKind::Other]);
    let narrowed = kinds(&["o full_scan", "rows 900000"], &["o ref idx_a", "sort", "rows 900"]);
    assert_eq!(narrowed, [ChangeKind::Better, ChangeKind::Other, ChangeKind::Better]);
}

#[test]
fn rows_may_grow_up_to_the_tolerance() {
    let grown = |now: &str| kinds(&["o ref idx_a", "rows 200"], &["o ref idx_a", now]);
    assert_eq!(grown("rows 400"), []);
    assert_eq!(grown("rows 401"), [ChangeKind::MoreRows]);
    assert_eq!(grown("rows 99"), [ChangeKind::Better]);
    assert_eq!(kinds(&["o ref idx_a", "rows 1"], &["o ref idx_a", "rows 100"]), [], "a page is never worth a word");
}

#[test]
fn an_index_that_is_used_now_is_better() {
    assert_eq!(kinds(&["o full_scan", "rows 900"], &["o ref idx_a", "rows 800"]), [ChangeKind::Better]);
    assert_eq!(kinds(&["o full_scan", "sort", "rows 900"], &["o full_scan", "rows 900"]), [ChangeKind::Better]);
    assert_eq!(kinds(&["no-plan"], &["o full_scan", "rows 9"]), [ChangeKind::Better]);
    assert_eq!(kinds(&["o full_scan", "rows 9"], &["no-plan"]), [ChangeKind::NoPlan]);
}

#[test]
fn another_order_and_names_of_the_server_s_own_are_only_told() {
    let (before, now) = (["o ref idx_a", "c eq_ref PRIMARY", "rows 9"], ["c eq_ref PRIMARY", "o ref idx_a", "rows 9"]);
    assert_eq!(kinds(&before, &now), [ChangeKind::Other]);
    let (before, now) = (["`<derived2>` derived `<auto_key0>`", "rows 9"], ["`<derived3>` derived", "rows 9"]);
    assert_eq!(kinds(&before, &now), [ChangeKind::Other]);
    assert_eq!(kinds(&["o ref `<automatic>`", "rows 9000"], &["o full_scan", "rows 9001"]), [ChangeKind::WorseAccess]);
}
