use super::*;
use crate::config::diagnostic::Source;

/// The tree, or the codes of what is wrong.
fn read(text: &str) -> Result<Node, Vec<&'static str>> {
    let mut report = Report::new(Source::new("test.yaml", text));
    let node = parse(&mut report);
    report
        .finish(node)
        .map_err(|problems| problems.list.iter().map(|problem| problem.code).collect())
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        other => panic!("{other:?} is no map"),
    }
}

fn text(node: &Node) -> &str {
    match &node.value {
        Value::Scalar(text) => text,
        other => panic!("{other:?} is no scalar"),
    }
}

#[test]
fn a_scalar_is_the_text_that_was_written_whatever_yaml_would_make_of_it() {
    let node = read("a: no\nb: 3.10\nc: 0x1F\nd: 12:30:00\ne: 'null'\n").unwrap();
    let texts: Vec<&str> = entries(&node)
        .iter()
        .map(|entry| text(&entry.node))
        .collect();
    assert_eq!(texts, ["no", "3.10", "0x1F", "12:30:00", "null"]);
}

#[test]
fn nothing_a_tilde_and_the_word_null_are_no_value() {
    let node = read("a:\nb: ~\nc: null\nd: ''\n").unwrap();
    let empty: Vec<bool> = entries(&node)
        .iter()
        .map(|entry| matches!(entry.node.value, Value::Null))
        .collect();
    assert_eq!(empty, [true, true, true, false]);
}

#[test]
fn a_span_marks_bytes_and_counts_characters() {
    let source = "# größer\nü: { ö: [ \"äh\", x ] }\n";
    let node = read(source).unwrap();
    let outer = &entries(&node)[0];
    let inner = &entries(&outer.node)[0];
    let Value::List(items) = &inner.node.value else {
        panic!("a list was written");
    };
    let marked = |span: Span| &source[span.offset..span.offset + span.length];
    assert_eq!(marked(outer.key.span), "ü");
    assert_eq!(marked(items[0].span), "\"äh\"");
    assert_eq!(marked(items[1].span), "x");
    assert_eq!((items[1].span.line, items[1].span.column), (2, 17));
}

#[test]
fn a_file_of_aliases_in_aliases_is_refused_without_being_unfolded() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in ('b'..='z').zip('a'..='y') {
        bomb.push_str(&format!(
            "{name}: &{name} [{}]\n",
            vec![format!("*{of}"); 9].join(", ")
        ));
    }
    assert_eq!(read(&bomb).unwrap_err(), ["yaml-alias"]);
}

#[test]
fn nesting_is_bounded_in_both_styles() {
    let flow = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let block: String = (0..200)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    for text in [flow, block] {
        assert_eq!(read(&text).unwrap_err(), ["nested-too-deep"]);
    }
    let fits = format!(
        "a: {}x{}",
        "[".repeat(MAX_DEPTH - 1),
        "]".repeat(MAX_DEPTH - 1)
    );
    assert!(read(&fits).is_ok());
}

#[test]
fn size_and_number_of_parts_are_bounded() {
    let long = format!("a: {}", "x".repeat(MAX_BYTES));
    let many = "- a\n".repeat(MAX_NODES + 1);
    for text in [long, many] {
        assert_eq!(read(&text).unwrap_err(), ["file-too-large"]);
    }
}

#[test]
fn no_more_than_a_hundred_problems_are_told() {
    let twice: String = (0..200).map(|n| format!("k{n}: 1\nk{n}: 2\n")).collect();
    assert_eq!(read(&twice).unwrap_err(), vec!["duplicate-key"; 100]);
}

#[test]
fn line_breaks_of_windows_and_a_byte_order_mark_do_no_harm() {
    let node = read("\u{feff}a: x\r\nb: y\r\n").unwrap();
    let b = &entries(&node)[1];
    assert_eq!(
        (text(&b.node), b.key.span.line, b.key.span.column),
        ("y", 2, 1)
    );
}
