//! Colours, few and with a meaning: green is good, yellow waits or warns, red is bad, bold names, dim is secondary.

use std::borrow::Cow;

use dr_core::drift::form::visible;

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

    /// A text on its way out: what steers a display is shown instead, but for line ends and, where there are colours, colours.
    /// Names and tags of the accounts are in it, and whoever may tag a resource could otherwise erase a line of a report.
    pub(crate) fn guarded(self, text: &str) -> Cow<'_, str> {
        let is_plain = |line: &str| matches!(visible(line), Cow::Borrowed(_));
        if text.split('\n').all(is_plain) {
            return Cow::Borrowed(text);
        }
        let lines = text.split('\n').map(|line| self.guarded_line(line));
        Cow::Owned(lines.collect::<Vec<String>>().join("\n"))
    }

    fn guarded_line(self, line: &str) -> String {
        let mut guarded = String::with_capacity(line.len());
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("\u{1b}[").filter(|_| self.color) {
            guarded.push_str(&visible(before));
            match after.split_once('m').filter(|(code, _)| is_color(code)) {
                Some((code, after)) => {
                    guarded.push_str(&format!("\u{1b}[{code}m"));
                    rest = after;
                }
                None => {
                    guarded.push_str(&visible("\u{1b}["));
                    rest = after;
                }
            }
        }
        guarded.push_str(&visible(rest));
        guarded
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

/// Whether a code of "select graphic rendition" paints. Code 8 hides what follows.
fn is_color(code: &str) -> bool {
    let mut numbers = code.split(';');
    numbers.all(|number| {
        number.len() <= 3 && number != "8" && number.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_line_ends_and_colours_steers_a_display() {
        let plain = Style::new(false);
        assert_eq!(plain.guarded("a\nb ä\n"), "a\nb ä\n");
        assert_eq!(
            plain.guarded("a\r\u{1b}[1A\u{1b}[2K\n\u{202e}b\u{1b}[32m"),
            "a\\r\\u001b[1A\\u001b[2K\n\\u202eb\\u001b[32m"
        );
        let colored = Style::new(true);
        let dressed = format!("{} {}", colored.bad("a"), colored.dim("b"));
        assert_eq!(colored.guarded(&dressed), dressed);
        assert_eq!(
            colored.guarded(&format!("{dressed}\u{1b}[2J\u{1b}[8m")),
            format!("{dressed}\\u001b[2J\\u001b[8m")
        );
    }
}
