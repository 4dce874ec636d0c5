//! The conditions on one occurrence, column by column: what a range optimizer makes of its search arguments. Pure.

use super::domain::Domain;
use super::spread::{Interval, Spread, text_of};
use crate::model::query::Value;
use crate::sql::sarg::{Constant, Filter, Sarg, Test};
use std::collections::BTreeMap;

/// ORs are multiplied out to at most this many alternatives.
const MOST: usize = 64;

/// A constant whose value is known or not.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Null,
    Value(String),
    No,
}

/// What one column has to satisfy.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Constraint {
    /// Equal to one of these.
    pub(super) points: Option<Vec<Known>>,
    /// Inside of these ranges, when there is one.
    pub(super) ranged: bool,
    low: Option<(Known, bool)>,
    high: Option<(Known, bool)>,
    prefix: Option<String>,
    others: Vec<Known>,
    /// Where the first of its ranges stands in the text.
    pub(super) at: Option<usize>,
}

/// Conditions that all hold, with the ORs among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) columns: BTreeMap<String, Constraint>,
    pub(super) ors: Vec<Vec<Node>>,
}

impl Node {
    /// The conditions of a filter. `domains` knows the columns' types, `values` the values of expressions.
    pub(super) fn of(filter: &Filter, domains: &BTreeMap<String, Spread>, values: &BTreeMap<String, String>) -> Self {
        let mut node = Self::default();
        node.add(filter, domains, values);
        node
    }

    fn add(&mut self, filter: &Filter, domains: &BTreeMap<String, Spread>, values: &BTreeMap<String, String>) {
        match filter {
            Filter::And(parts) => parts.iter().for_each(|part| self.add(part, domains, values)),
            Filter::Or(arms) => {
                let mut nodes = Vec::new();
                flatten(arms, &mut nodes);
                self.ors.push(nodes.into_iter().map(|arm| Self::of(arm, domains, values)).collect());
            }
            Filter::Sarg(sarg) => {
                let Some(spread) = domains.get(&sarg.column) else { return };
                if fits(sarg, &spread.domain) {
                    self.columns.entry(sarg.column.clone()).or_default().add(sarg, values);
                }
            }
        }
    }

    /// The alternatives, each with all that it requires of the columns; `None` when there are too many.
    pub(super) fn alternatives(&self) -> Option<Vec<BTreeMap<String, Constraint>>> {
        let mut all = vec![self.columns.clone()];
        for arms in &self.ors {
            let arms: Vec<_> = arms.iter().map(Self::alternatives).collect::<Option<Vec<_>>>()?.concat();
            if all.len() * arms.len() > MOST {
                return None;
            }
            all = all.iter().flat_map(|one| arms.iter().map(move |arm| merged(one, arm))).collect();
        }
        Some(all)
    }

    /// Every constraint with a range, those inside of ORs as well.
    pub(super) fn ranges(&self) -> Vec<(&str, &Constraint)> {
        let own = self.columns.iter().filter(|(_, constraint)| constraint.is_range());
        let mut found: Vec<(&str, &Constraint)> = own.map(|(name, constraint)| (name.as_str(), constraint)).collect();
        found.extend(self.ors.iter().flatten().flat_map(Self::ranges));
        found
    }
}

fn flatten<'f>(arms: &'f [Filter], found: &mut Vec<&'f Filter>) {
    for arm in arms {
        match arm {
            Filter::Or(inner) => flatten(inner, found),
            arm => found.push(arm),
        }
    }
}

fn merged(one: &BTreeMap<String, Constraint>, other: &BTreeMap<String, Constraint>) -> BTreeMap<String, Constraint> {
    let mut all = one.clone();
    for (name, constraint) in other {
        match all.get_mut(name) {
            Some(known) => known.narrow(constraint),
            None => {
                all.insert(name.clone(), constraint.clone());
            }
        }
    }
    all
}

/// Whether an index can serve the comparison: a text that is compared with a number is converted row by row.
fn fits(sarg: &Sarg, domain: &Domain) -> bool {
    let number = |constant: &Constant| {
        matches!(constant, Constant::Number(_) | Constant::Literal(Value::Int(_) | Value::Float(_) | Value::Bool(_)))
    };
    let any = match &sarg.test {
        Test::Points(values) | Test::Not(values) => values.iter().any(number),
        Test::Range { low, high } => [low, high].into_iter().flatten().any(|(value, _)| number(value)),
        Test::Prefix(_) => return domain.is_text(),
    };
    !(any && domain.is_text())
}

impl Constraint {
    /// Whether it is a range that no list of values narrows further.
    pub(super) fn is_range(&self) -> bool {
        self.ranged && self.points.is_none()
    }

    fn add(&mut self, sarg: &Sarg, values: &BTreeMap<String, String>) {
        let known = |constant: &Constant| match constant {
            Constant::Literal(value) => text_of(value).map_or(Known::Null, Known::Value),
            Constant::Number(number) => Known::Value(number.clone()),
            Constant::Expression(text) => values.get(text).map_or(Known::No, |value| Known::Value(value.clone())),
            Constant::Unknown => Known::No,
        };
        let mut more = Self::default();
        match &sarg.test {
            Test::Points(points) => more.points = Some(points.iter().map(known).collect()),
            Test::Range { low, high } => {
                let end = |end: &Option<(Constant, bool)>| end.as_ref().map(|(value, inside)| (known(value), *inside));
                (more.ranged, more.low, more.high, more.at) = (true, end(low), end(high), sarg.at);
            }
            Test::Prefix(prefix) => (more.ranged, more.prefix, more.at) = (true, Some(prefix.clone()), sarg.at),
            Test::Not(others) => {
                (more.ranged, more.others, more.at) = (true, others.iter().map(known).collect(), sarg.at);
            }
        }
        self.narrow(&more);
    }

    fn narrow(&mut self, more: &Self) {
        if self.points.is_none() {
            self.points.clone_from(&more.points);
        }
        // Two lower ends: the first is kept, as the text has to be believed to mean one of them.
        self.low = self.low.take().or_else(|| more.low.clone());
        self.high = self.high.take().or_else(|| more.high.clone());
        self.prefix = self.prefix.take().or_else(|| more.prefix.clone());
        self.others.extend(more.others.iter().cloned());
        self.ranged |= more.ranged;
        self.at = self.at.or(more.at);
    }

    /// The shares of the rows in each range of the index that it makes; `None` when the profile does not tell.
    pub(super) fn shares(&self, spread: &Spread) -> Option<Vec<f64>> {
        if let Some(points) = &self.points {
            return Some(points.iter().map(|point| equal(point, spread)).collect());
        }
        let end = |end: &Option<(Known, bool)>| match end {
            None => Some(None),
            Some((Known::Value(value), inside)) => spread.domain.position(value).map(|at| Some((at, *inside))),
            Some(_) => None,
        };
        let mut interval = Interval { low: end(&self.low)?, high: end(&self.high)? };
        if let Some(prefix) = &self.prefix {
            let (low, high) = spread.domain.prefix(prefix)?;
            interval = interval.both(Interval { low: Some((low, true)), high: Some((high, false)) });
        }
        let mut cuts: Vec<Option<f64>> = self
            .others
            .iter()
            .map(|other| match other {
                Known::Value(value) => spread.domain.position(value),
                _ => None,
            })
            .collect();
        cuts.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        let pieces = interval.cut(&cuts.iter().copied().collect::<Option<Vec<_>>>().unwrap_or_default());
        if let Some(shares) = pieces.into_iter().map(|piece| spread.within(piece)).collect::<Option<Vec<_>>>()
            && cuts.iter().all(Option::is_some)
        {
            return Some(shares);
        }
        // Where the values lie is not known, yet only some are left out.
        let others: f64 = self.others.iter().map(|other| equal(other, spread)).sum();
        Some(vec![(spread.within(interval)? - others).max(0.0)])
    }

    /// Whether the key parts behind it still count: those of a range with an end that belongs to it.
    pub(super) fn reaches_on(&self) -> bool {
        let inside = |end: &Option<(Known, bool)>| end.as_ref().is_some_and(|(_, inside)| *inside);
        inside(&self.low) || inside(&self.high)
    }

    /// Two values inside of the range, as SQL literals.
    pub(super) fn two_inside(&self, domain: &Domain) -> Option<[String; 2]> {
        let end = |end: &'_ Option<(Known, bool)>| match end {
            None => Some(None),
            Some((Known::Value(value), inside)) => Some(Some((value.clone(), *inside))),
            Some(_) => None,
        };
        let (low, high) = (end(&self.low)?, end(&self.high)?);
        let word = |other: &Known| match other {
            Known::Value(value) => Some(value.clone()),
            _ => None,
        };
        let others = self.others.iter().map(word).collect::<Option<Vec<_>>>()?;
        let borrowed = |end: &'_ Option<(String, bool)>| end.clone();
        let (low, high) = (borrowed(&low), borrowed(&high));
        domain.two_inside(
            low.as_ref().map(|(value, inside)| (value.as_str(), *inside)),
            high.as_ref().map(|(value, inside)| (value.as_str(), *inside)),
            self.prefix.as_deref(),
            &others,
        )
    }
}

fn equal(value: &Known, spread: &Spread) -> f64 {
    match value {
        Known::Null => spread.null(),
        Known::Value(value) => spread.equal(value),
        Known::No => spread.average(),
    }
}
