//! Ids that nobody chose.

/// How long the parts of a UUID are (RFC 9562).
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Where a UUID stands in a text.
pub(super) fn uuid(text: &str) -> Option<(usize, usize)> {
    let length = UUID.iter().sum::<usize>() + UUID.len() - 1;
    let starts = 0..(text.len() + 1).saturating_sub(length);
    starts
        .filter(|start| text.is_char_boundary(*start) && text.is_char_boundary(start + length))
        .find(|start| {
            let is_part = |(part, length): (&str, usize)| {
                part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
            };
            let parts = text[*start..start + length].split('-');
            parts.clone().count() == UUID.len() && parts.zip(UUID).all(is_part)
        })
        .map(|start| (start, start + length))
}

/// The shortest id of EC2 that is generated: `vpc-` and eight digits.
pub(super) const SHORTEST: usize = 8;
/// How many digits the ids of EC2 have, the older and the longer ones (EC2 user guide, "resource-ids").
const LENGTHS: [usize; 2] = [8, 17];
/// What the ids of EC2 begin with (EC2 API reference; service authorization reference, "Amazon EC2").
const PREFIXES: &str = "acl aclassoc ami cgw cr dopt eigw eipalloc eipassoc eni fl fs i igw key lgw lgw-rtb lt nat pcx pg pl r rtb rtbassoc \
                        sg sgr snap subnet tgw tgw-attach tgw-rtb vgw vol vpc vpce";

/// Whether a word and the hexadecimal digits behind it are an id of EC2.
pub(super) fn is_of_ec2(prefix: &str, digits: &str) -> bool {
    PREFIXES.split(' ').any(|known| known == prefix) && LENGTHS.contains(&digits.len())
}
