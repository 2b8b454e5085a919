//! Text from the world, made harmless: names, tags and values are written by anybody who may tag a resource.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text with everything that steers its display made visible: controls, marks of direction, characters without width.
/// What is left is one line of characters that XML 1.0 allows.
///
/// Marks of direction reorder what stands around them (CVE-2021-42574), and escape sequences drive terminals.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if steers(c) => {
                let _ = write!(shown, "\\u{:04x}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character changes how others are shown, or has no look of its own.
fn steers(c: char) -> bool {
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe;
    is_noncharacter
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' // soft hyphen
            | '\u{61c}' // Arabic letter mark
            | '\u{180e}' // Mongolian vowel separator
            | '\u{200b}'..='\u{200f}' // no width, marks of direction
            | '\u{2028}'..='\u{202e}' // separators of lines, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // no width, isolates
            | '\u{feff}' // byte order mark
            | '\u{fdd0}'..='\u{fdef}' // noncharacters
            | '\u{fff9}'..='\u{fffb}' // annotations
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// The first characters of a text, with a mark where it was longer.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// For an XML text or an attribute in double quotes. No `]]>` is left either.
pub(super) fn xml(text: &str) -> String {
    replaced(&visible(text), |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        _ => None,
    })
}

/// For Markdown, as code: for what is a name or a value. Nothing in it is a mark, a mention, a link or the end of a table's
/// cell.
pub(super) fn markdown_code(text: &str) -> String {
    format!(
        "<code>{}</code>",
        unlinked(&replaced(&visible(text), entity))
    )
}

/// For Markdown, as prose: for sentences that have names and values in them. What stands between backticks is code. A mention
/// (`@team`) and a reference (`#12`) are found after all marks are resolved, so that they are broken by an element.
pub(super) fn markdown_prose(text: &str) -> String {
    let parts = spans(text).into_iter().map(|(is_code, part)| {
        if is_code {
            return markdown_code(part);
        }
        unlinked(&replaced(&visible(part), |c| match c {
            '@' => Some("<code>@</code>"),
            '#' => Some("<code>#</code>"),
            c => entity(c),
        }))
    });
    parts.collect()
}

/// A text with its beginnings of links broken: GitHub makes links of bare addresses.
fn unlinked(text: &str) -> String {
    text.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// The parts of a text, each with whether it stands between backticks, as the words of commands do in the texts of rules.
pub(super) fn spans(text: &str) -> Vec<(bool, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, (inside, after))) = rest
        .split_once('`')
        .and_then(|(before, after)| Some((before, after.split_once('`')?)))
    {
        parts.extend([(false, before), (true, inside)]);
        rest = after;
    }
    parts.push((false, rest));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

/// A character that means something in Markdown or HTML, as an entity: those are never marks (CommonMark 0.31, 6.2).
fn entity(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '#' => "&#35;",
        '$' => "&#36;",
        '*' => "&#42;",
        '@' => "&#64;",
        '[' => "&#91;",
        '\\' => "&#92;",
        ']' => "&#93;",
        '_' => "&#95;",
        '`' => "&#96;",
        '|' => "&#124;",
        '~' => "&#126;",
        _ => return None,
    })
}

/// JSON as it is, but with what steers a display escaped, so that it does no harm where it is printed: it can stand nowhere but in
/// strings, and means the same there.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c != '\n' && steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// For a plain text message of SARIF: braces are doubled (SARIF 2.1.0, 3.11.5), and nothing is an embedded link (3.11.6).
pub(super) fn sarif(text: &str) -> String {
    let braces = replaced(&visible(text), |c| match c {
        '{' => Some("{{"),
        '}' => Some("}}"),
        _ => None,
    });
    braces.replace("](", "] (")
}

fn replaced(text: &str, with: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match with(c) {
            Some(other) => out.push_str(other),
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_display_is_shown_instead() {
        assert_eq!(visible("plain ä 中 🛑"), "plain ä 中 🛑");
        assert_eq!(visible("a\u{1b}[31mb\n\tc"), "a\\u001b[31mb\\n\\tc");
        assert_eq!(
            visible("x\u{202e}y\u{200f}\u{2066}z\u{feff}"),
            "x\\u202ey\\u200f\\u2066z\\ufeff"
        );
        assert_eq!(
            visible("\u{fffe}\u{1ffff}\u{0}\u{9b}"),
            "\\ufffe\\u1ffff\\u0000\\u009b"
        );
    }

    #[test]
    fn xml_has_no_mark_of_the_world() {
        assert_eq!(
            xml("<b a=\"1\">&]]>\u{0}"),
            "&lt;b a=&quot;1&quot;&gt;&amp;]]&gt;\\u0000"
        );
    }

    #[test]
    fn markdown_has_no_mark_no_mention_and_no_link_of_the_world() {
        let hostile = "</code>|`*_[a](http://b) @team #12 www.evil.example\n# h";
        let code = markdown_code(hostile);
        let inside = &code["<code>".len()..code.len() - "</code>".len()];
        for mark in [
            "<", ">", "|", "`", "*", "_", "[", "]", "@", "\n", "://", "www.", "~",
        ] {
            assert!(!inside.contains(mark), "{mark:?} in {inside}");
        }
        let prose = markdown_prose(hostile);
        assert!(
            prose.contains("<code>@</code>team <code>#</code>12"),
            "{prose}"
        );
        let rest = prose
            .replace("<code>@</code>", "")
            .replace("<code>#</code>", "");
        for mark in ["<", "|", "`", "*", "_", "[", "@", "\n", "://", "www."] {
            assert!(!rest.contains(mark), "{mark:?} in {rest}");
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(
            markdown_prose("`dr plan` says `why"),
            "<code>dr plan</code> says &#96;why"
        );
        assert_eq!(spans("a`b`"), [(false, "a"), (true, "b")]);
        assert_eq!(spans("``"), []);
    }

    #[test]
    fn json_that_is_printed_steers_nothing_and_means_the_same() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{1b}\u{9b}\n", "\u{e0041}ä"] });
        let text = json(&format!("{value:#}\n"));
        assert!(!text.contains(|c| c != '\n' && steers(c)), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn a_sarif_message_has_neither_placeholders_nor_links() {
        assert_eq!(sarif("{0} [a](b)"), "{{0}} [a] (b)");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
