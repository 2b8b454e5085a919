//! The variable file that `dr` owns: role and capacity of a site.

use std::fmt;
use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Fleets, variables};
use crate::model::Role;

/// What the variables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Roles {
    role: Role,
    values: Map<String, Value>,
}

impl Roles {
    /// The variables of a site with that role: `<fleet>_count` for each fleet. The database's role is given apart: it follows a
    /// promotion and never makes one.
    pub(super) fn of(fleets: &Fleets, role: Role, database_role: &str) -> Self {
        let mut values = Map::new();
        values.insert("role".to_owned(), json!(role.to_string()));
        values.insert("database_role".to_owned(), json!(database_role));
        for (component, fleet) in fleets {
            let count = match role {
                Role::Primary => fleet.capacity.count,
                Role::Standby => fleet.standby_count,
            };
            let name = component.as_str().replace('-', "_");
            values.insert(format!("{name}_count"), json!(count));
        }
        Self { role, values }
    }

    /// The role that they are for.
    pub(super) fn role(&self) -> Role {
        self.role
    }

    /// Writes a file with these variables and no others.
    pub(super) fn write_whole(&self, file: &Path) -> io::Result<()> {
        variables::write(file, &self.values)
    }

    /// Puts these variables into the file; others that stand there stay.
    pub(super) fn merge_into(&self, file: &Path) -> io::Result<()> {
        variables::merge(file, &self.values)
    }
}

/// As JSON on one line.
impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Object(self.values.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Capacity, Compute};

    #[test]
    fn only_the_variables_that_dr_owns_are_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dr.auto.tfvars.json");
        std::fs::write(&file, r#"{"role": "standby", "zones": 2}"#).unwrap();
        let fleet = Compute {
            size: "t3.micro".to_owned(),
            capacity: Capacity {
                count: 3,
                minimum: 2,
            },
            standby_count: 1,
        };
        let fleets = Fleets::from([("web-app".parse().unwrap(), fleet)]);
        Roles::of(&fleets, Role::Primary, "replica")
            .merge_into(&file)
            .unwrap();
        let found: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let wanted =
            json!({"role": "primary", "database_role": "replica", "web_app_count": 3, "zones": 2});
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_file_that_is_no_json_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dr.auto.tfvars.json");
        std::fs::write(&file, "role = \"standby\"").unwrap();
        let roles = Roles::of(&Fleets::new(), Role::Primary, "replica");
        assert!(roles.merge_into(&file).is_err());
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "role = \"standby\""
        );
    }
}
