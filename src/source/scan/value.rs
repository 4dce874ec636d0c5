//! What is known of an expression: texts in one or several forms, with holes where they are only known at run time.

/// The most forms of one text that are followed.
pub(super) const MOST: usize = 16;

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Known words; `at` is the offset of the first that is no white space, in this file.
    Text { text: String, at: Option<u32> },
    /// What is known at run time only.
    Hole(Hole),
}

/// A part that is known at run time only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hole {
    pub(super) expression: String,
    pub(super) kind: Kind,
}

/// What the code says of a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: its place in the statement decides.
    Open,
    /// A value.
    Value,
    /// A name.
    Identifier,
    /// A list of placeholders.
    List,
    /// Any part of a statement.
    Fragment,
}

/// One form of a text.
pub(super) type Form = Vec<Piece>;

/// What is known of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// A text, in each of its forms.
    Texts(Vec<Form>),
    /// A list, in each of its forms.
    Lists(Vec<Vec<Known>>),
    /// An object's members.
    Object(Vec<(String, Known)>),
    /// A function that runs one of its parameters as SQL.
    Runs(Runner),
    /// Nothing but its words in the code.
    Other(String),
}

/// A function that runs one of its parameters as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runner {
    /// The place of the parameter, from 0.
    pub(super) parameter: usize,
    /// The client's call that it is handed to.
    pub(super) call: String,
}

impl Known {
    /// A text of one form.
    pub(super) fn text(text: impl Into<String>, at: Option<u32>) -> Self {
        Self::Texts(vec![vec![Piece::Text { text: text.into(), at }]])
    }

    /// A hole of that kind.
    pub(super) fn hole(expression: impl Into<String>, kind: Kind) -> Self {
        Self::Texts(vec![vec![Piece::Hole(Hole { expression: expression.into(), kind })]])
    }

    /// Its forms as a text; what is no text is a hole.
    pub(super) fn forms(self) -> Vec<Form> {
        let open = |expression: &str| vec![vec![Piece::Hole(Hole { expression: expression.into(), kind: Kind::Open })]];
        match self {
            Self::Texts(forms) => forms,
            Self::Lists(_) => open("a list"),
            Self::Object(_) => open("an object"),
            Self::Runs(_) => open("a function"),
            Self::Other(expression) => open(&expression),
        }
    }

    /// Either of two.
    pub(super) fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (self, other) {
            (Self::Lists(mut mine), Self::Lists(theirs)) => {
                mine.extend(theirs);
                if mine.len() > MOST {
                    Self::Other(format!("a list of more than {MOST} forms"))
                } else {
                    Self::Lists(mine)
                }
            }
            (Self::Object(_), _) | (_, Self::Object(_)) => Self::Other("one of several objects".into()),
            (mine, theirs) => {
                let mut forms = mine.forms();
                for form in theirs.forms() {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
                Self::Texts(limited(forms))
            }
        }
    }

    /// This text and then that.
    pub(super) fn then(self, other: Self) -> Self {
        let (left, right) = (self.forms(), other.forms());
        let mut forms = Vec::with_capacity(left.len() * right.len());
        if left.len() * right.len() > MOST {
            let many = Hole { expression: format!("more than {MOST} forms"), kind: Kind::Fragment };
            let first = left.into_iter().next().unwrap_or_default();
            return Self::Texts(vec![first.into_iter().chain([Piece::Hole(many)]).collect()]);
        }
        for start in &left {
            for end in &right {
                forms.push(start.iter().chain(end).cloned().collect());
            }
        }
        Self::Texts(forms)
    }
}

fn limited(forms: Vec<Form>) -> Vec<Form> {
    if forms.len() <= MOST {
        return forms;
    }
    let many = Hole { expression: format!("more than {MOST} forms"), kind: Kind::Fragment };
    let first = forms.into_iter().next().unwrap_or_default();
    vec![first.into_iter().chain([Piece::Hole(many)]).collect()]
}
