//! The user's word on statements of which nothing tells whether they took effect.

use super::resume::Doubt;

/// What became of a statement, by the user's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It took effect.
    TookEffect,
    /// It did not.
    DidNot,
}

/// The answers of one command: one for whatever comes up, or one for each statement that was asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    all: Option<Answer>,
    /// Place, statement, and the word on it.
    each: Vec<(String, String, Answer)>,
}

impl Answers {
    /// One answer for every statement in doubt.
    #[must_use]
    pub fn all(answer: Option<Answer>) -> Self {
        Self { all: answer, each: Vec::new() }
    }

    /// Remembers the answer to one doubt. Whatever else is in doubt is asked about by itself.
    pub fn give(&mut self, doubt: &Doubt, answer: Answer) {
        self.each.push((doubt.place.clone(), doubt.sql.clone(), answer));
    }

    /// The answer for the statement at a place, as `FILE:LINE:COLUMN`.
    #[must_use]
    pub fn of(&self, place: &str, sql: &str) -> Option<Answer> {
        let is_it = |(at, text, _): &&(String, String, Answer)| at == place && text == sql;
        self.all.or_else(|| self.each.iter().find(is_it).map(|(_, _, answer)| *answer))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Since;
    use super::*;

    #[test]
    fn an_answer_is_for_the_statement_that_was_asked_about() {
        let doubt = Doubt {
            place: "a.sql:1:1".into(),
            sql: "CALL p()".into(),
            reason: "it commits".into(),
            since: Since::CutOff,
        };
        let mut answers = Answers::default();
        answers.give(&doubt, Answer::TookEffect);
        assert_eq!(answers.of("a.sql:1:1", "CALL p()"), Some(Answer::TookEffect));
        assert_eq!(answers.of("a.sql:2:1", "CALL p()"), None);
        assert_eq!(answers.of("a.sql:1:1", "CALL q()"), None);
        assert_eq!(Answers::all(Some(Answer::DidNot)).of("b.sql:1:1", "x"), Some(Answer::DidNot));
    }
}
