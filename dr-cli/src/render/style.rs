//! Colours, few and with a meaning: green is good, yellow waits or warns, red is bad, bold names, dim is secondary.

/// Dresses text, or leaves it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    color: bool,
}

impl Style {
    /// A style with or without colours.
    pub(crate) fn new(color: bool) -> Self {
        Self { color }
    }

    /// Whether it uses colours.
    pub(crate) fn has_color(self) -> bool {
        self.color
    }

    /// A name, a heading.
    pub(crate) fn bold(self, text: impl AsRef<str>) -> String {
        self.dress("1", text.as_ref())
    }

    /// Secondary.
    pub(crate) fn dim(self, text: impl AsRef<str>) -> String {
        self.dress("2", text.as_ref())
    }

    /// Good.
    pub(crate) fn good(self, text: impl AsRef<str>) -> String {
        self.dress("32", text.as_ref())
    }

    /// Waits or warns.
    pub(crate) fn warn(self, text: impl AsRef<str>) -> String {
        self.dress("33", text.as_ref())
    }

    /// Bad.
    pub(crate) fn bad(self, text: impl AsRef<str>) -> String {
        self.dress("1;31", text.as_ref())
    }

    /// Goes on right now.
    pub(crate) fn active(self, text: impl AsRef<str>) -> String {
        self.dress("36", text.as_ref())
    }

    fn dress(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
