//! The plan on disk.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{PLAN_FORMAT, Plan};
use crate::model::Role;

/// Why bytes are not a plan that may run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// They are not JSON, or not the JSON of a plan.
    #[error("it is not a plan file")]
    Malformed(#[source] serde_json::Error),
    /// Another version of `dr` wrote them.
    #[error(
        "it has format {found}, and this version reads format {PLAN_FORMAT}: make the plan again"
    )]
    Format {
        /// The format that it says.
        found: String,
    },
    /// They say something that a plan has no place for.
    #[error("it says more than a plan can say: it was changed after it was made")]
    Foreign,
    /// They were changed after they were written.
    #[error(
        "its content has the digest {computed}, it says {recorded}: it was changed after it was made"
    )]
    Digest {
        /// The digest in the file.
        recorded: String,
        /// The digest of what the file says.
        computed: String,
    },
    /// They have the right digest and no sense.
    #[error("{reason}: no planner made it")]
    Inconsistent {
        /// What makes no sense.
        reason: &'static str,
    },
}

impl Plan {
    /// SHA-256, in hexadecimal, of the plan as compact JSON with an empty `digest`.
    ///
    /// This JSON is canonical: keys come in the order of the types' fields, maps and sets are sorted, numbers are integers,
    /// and there is no white space. So the digest depends on what the plan says and not on how a file is laid out.
    pub(super) fn computed_digest(&self) -> String {
        if !self.digest.is_empty() {
            let unsigned = Self {
                digest: String::new(),
                ..self.clone()
            };
            return unsigned.computed_digest();
        }
        let bytes = serde_json::to_vec(self)
            .expect("a plan is strings, integers and maps with string keys");
        format!("{:x}", Sha256::digest(bytes))
    }

    /// Whether the plan is what its digest says.
    ///
    /// # Errors
    /// [`PlanError::Digest`] when it is not.
    pub fn verify_digest(&self) -> Result<(), PlanError> {
        let computed = self.computed_digest();
        if computed == self.digest {
            Ok(())
        } else {
            Err(PlanError::Digest {
                recorded: self.digest.clone(),
                computed,
            })
        }
    }

    /// The plan as a file: JSON that people can read, with a line feed at its end.
    ///
    /// # Panics
    /// Never: a plan is plain data.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a plan is strings, integers and maps with string keys");
        text.push('\n');
        text
    }

    /// The plan of a file.
    ///
    /// # Errors
    /// A [`PlanError`] unless the bytes say exactly what a planner of this version wrote.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PlanError> {
        let value: Value = serde_json::from_slice(bytes).map_err(PlanError::Malformed)?;
        match value.get("format") {
            Some(format) if *format == PLAN_FORMAT => {}
            Some(format) => {
                return Err(PlanError::Format {
                    found: format.to_string(),
                });
            }
            None => {
                return Err(PlanError::Format {
                    found: "none".to_owned(),
                });
            }
        }
        let plan: Self = serde_json::from_slice(bytes).map_err(PlanError::Malformed)?;
        // A misspelled key of an optional field would otherwise be ignored and leave the digest as it is.
        if serde_json::to_value(&plan).ok() != Some(value) {
            return Err(PlanError::Foreign);
        }
        plan.verify_digest()?;
        plan.verify_shape()?;
        Ok(plan)
    }

    /// Holds what the rest of the crate takes for granted of an estate and a direction. Whoever can compute a digest can
    /// write a file with the right one.
    fn verify_shape(&self) -> Result<(), PlanError> {
        let [one, other] = &self.estate.sites;
        let reason = if one.id == other.id {
            "its estate has one site twice"
        } else if (one.home_role, other.home_role) != (Role::Primary, Role::Standby) {
            "its estate does not name the home primary first"
        } else if self.direction.from == self.direction.to {
            "it moves a role from a site to itself"
        } else if self.estate.site(&self.direction.from).is_none()
            || self.estate.site(&self.direction.to).is_none()
        {
            "its direction names a site that its estate does not have"
        } else {
            return Ok(());
        };
        Err(PlanError::Inconsistent { reason })
    }
}
