//! Where an adapter stands.

use std::fmt;
use std::sync::Arc;

use crate::model::{Component, EstateName, Site};
use crate::port::{Clock, ErrorClass, PortError};

/// A place of the grid, as every adapter is given it.
#[derive(Clone)]
pub struct Here {
    /// The estate.
    pub estate: EstateName,
    /// The row.
    pub component: Component,
    /// The column.
    pub site: Site,
    /// The other column.
    pub peer: Site,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Here {
    /// An error of a call that was made from here.
    pub fn error(
        &self,
        class: ErrorClass,
        operation: impl Into<String>,
        message: impl Into<String>,
    ) -> PortError {
        PortError {
            class,
            operation: operation.into(),
            place: self.to_string(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.component.id, self.site.id)
    }
}

impl fmt::Debug for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Here").field(&self.to_string()).finish()
    }
}
