//! A newer tag in the user's own file: which text becomes which, and why not.

use crate::ids::{ImageId, ServiceName};
use crate::image::PinnedImage;
use crate::stack::FileHash;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// One text of a user's file, as it is and as it shall be. Frozen: execution decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// The file as it was when this was planned.
    pub file: FileHash,
    /// What in the file says it. By this it is found again, whatever is written around it by then.
    pub place: Place,
    /// Its line when this was planned, from 1.
    pub line: u64,
    /// What is before it on its line. Shortened where other settings are there: they may be secrets.
    pub lead: String,
    /// The text as it is: the whole scalar, with its quotes.
    pub before: String,
    /// The text as it shall be.
    pub after: String,
    /// What is behind it on its line, as `lead`.
    pub rest: String,
}

/// What in a file says which image a service is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Place {
    /// The value of a key of a YAML file: the keys that lead to it, and the numbers of list entries from 0.
    Yaml {
        /// From the outermost inwards.
        path: Vec<String>,
    },
    /// The value of a variable of an environment file.
    Variable {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yaml { path } => write!(f, "`{}`", path.join(".")),
            Self::Variable { name } => write!(f, "variable `{name}`"),
        }
    }
}

impl Rewrite {
    /// `file:line`, for people.
    #[must_use]
    pub fn location(&self) -> String {
        format!("{}:{}", self.file.path.display(), self.line)
    }

    /// The change as a unified diff without context, line by line.
    #[must_use]
    pub fn diff(&self) -> [String; 5] {
        let (path, line) = (self.file.path.display(), self.line);
        let with = |text: &str| format!("{}{text}{}", self.lead, self.rest);
        [
            format!("--- {path}"),
            format!("+++ {path}"),
            format!("@@ -{line} +{line} @@"),
            format!("-{}", with(&self.before)),
            format!("+{}", with(&self.after)),
        ]
    }
}

/// A change that is written into the user's own file, and what else its undo has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewritePlan {
    /// The change of the file.
    pub rewrite: Rewrite,
    /// The pin by which the old image ran: it is taken out, and an undo puts it back.
    pub before: Option<PinnedImage>,
    /// What the newer tag stood for on this machine before. Absent if for nothing, or for the new image already.
    pub tag_before: Option<ImageId>,
}

/// Why a newer tag cannot be written into a file with certainty, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{obstacle}{}", .at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default())]
pub struct CannotRewrite {
    /// Why.
    pub obstacle: Obstacle,
    /// Where: the file, and its line if that is known.
    pub at: Option<FileLine>,
}

/// A line of a file, or the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLine {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: Option<u64>,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path.display()),
            None => self.path.display().fmt(f),
        }
    }
}

/// Why a newer tag cannot be written into a file with certainty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Obstacle {
    /// No file says it, as far as can be read.
    #[error("no place in its files was found that says its image")]
    NotFound,
    /// A digest says which image it is.
    #[error("its image is written with a digest")]
    Digest,
    /// More than one variable makes its image.
    #[error("its image is made from several variables")]
    SeveralVariables,
    /// The variable comes from outside of all files.
    #[error("variable `{variable}` comes from the environment of the process, not from a file")]
    FromEnvironment {
        /// Its name.
        variable: String,
    },
    /// The variable has no value anywhere.
    #[error("variable `{variable}` is set in no file that Compose reads")]
    VariableUnset {
        /// Its name.
        variable: String,
    },
    /// The variable is not the whole story: the newer tag differs in what is written around it.
    #[error("variable `{variable}` is only a part of the tag, and the newer tag differs in the rest too")]
    OnlyAPart {
        /// Its name.
        variable: String,
    },
    /// The text decides about others as well.
    #[error("the same text also decides about {}", .others.join(", "))]
    Shared {
        /// About what.
        others: Vec<String>,
    },
    /// Two places decide.
    #[error("two places decide: {} as well", .other)]
    SeveralPlaces {
        /// The other one.
        other: FileLine,
    },
    /// The file is reached by a link.
    #[error("the file is a symbolic link")]
    SymbolicLink,
    /// The file has another name.
    #[error("the file has several names (hard links)")]
    HardLinks,
    /// The file is no file.
    #[error("it is no regular file")]
    NotRegular,
    /// The file, or its folder, cannot be written.
    #[error("it cannot be written: {reason}")]
    NotWritable {
        /// Why not.
        reason: String,
    },
    /// The file is no text.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// It is written in a way that is not read with certainty.
    #[error("{what}")]
    Unclear {
        /// What is unclear.
        what: String,
    },
    /// What was found is not what Compose says.
    #[error("`{found}` was found, and Compose says `{compose}`")]
    NotWhatComposeSays {
        /// What was found.
        found: String,
        /// What Compose says.
        compose: String,
    },
    /// Compose did not see the change as it was meant.
    #[error("it was tried on a copy, and {what}")]
    NotProven {
        /// What came out instead.
        what: String,
    },
    /// Others are made from the newer tag, which stands for another image here.
    #[error("on this machine the newer tag stands for another image, and {} made from it", .by)]
    TagInUse {
        /// Who is.
        by: String,
    },
}

impl Obstacle {
    /// The obstacle with its place.
    #[must_use]
    pub fn at(self, path: impl Into<PathBuf>, line: Option<u64>) -> CannotRewrite {
        CannotRewrite { obstacle: self, at: Some(FileLine { path: path.into(), line }) }
    }
}

impl From<Obstacle> for CannotRewrite {
    fn from(obstacle: Obstacle) -> Self {
        Self { obstacle, at: None }
    }
}

/// What is asked about one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The service.
    pub service: ServiceName,
    /// Its image as Compose reads the files.
    pub file_image: String,
    /// What it shall be made from.
    pub to: PinnedImage,
}
