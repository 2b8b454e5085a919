//! What changes in a text, line by line.

use similar::{ChangeTag, TextDiff};

use super::style::Style;

/// The lines around a change that are shown with it.
const CONTEXT: usize = 2;

/// The changed stretches with the lines around them, as `diff -u` marks them; nothing when nothing changes.
pub(crate) fn text(before: &str, after: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        text.push_str(&style.dim(hunk.header().to_string()));
        text.push('\n');
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            text.push_str(&match change.tag() {
                ChangeTag::Delete => style.bad(format!("-{line}")),
                ChangeTag::Insert => style.good(format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            });
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_shown_with_the_lines_around_it() {
        let before = "a\nb\nc\nd\ne\nf\n";
        let after = "a\nb\nc\nx\ne\nf\n";
        let plain = Style::new(false);
        assert_eq!(
            text(before, after, plain),
            "@@ -2,5 +2,5 @@\n b\n c\n-d\n+x\n e\n f\n"
        );
        assert_eq!(text(before, before, plain), "");
    }
}
