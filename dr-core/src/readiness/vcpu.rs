//! How many vCPUs an instance type has: the quota of running machines is counted in them.
//!
//! A snapshot of the EC2 instance types guide ("Specifications" of general purpose, compute optimized and memory optimized
//! instances, <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>). A type that is not in it is not
//! guessed.

/// Burstable types: their sizes have numbers of their own.
const BURSTABLE: [(&str, u64); 7] = [
    ("nano", 2),
    ("micro", 2),
    ("small", 2),
    ("medium", 2),
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
];

/// The smallest of `t2` have one.
const T2: [&str; 3] = ["nano", "micro", "small"];

/// Families in which `large` has two, `xlarge` four, and `Nxlarge` four times N.
const REGULAR: [&str; 40] = [
    "m5", "m5a", "m5ad", "m5d", "m5dn", "m5n", "m5zn", "m6a", "m6g", "m6gd", "m6i", "m6id",
    "m6idn", "m6in", "m7a", "m7g", "m7gd", "m7i", "m7i-flex", "c5", "c5a", "c5ad", "c5d", "c5n",
    "c6a", "c6g", "c6gd", "c6gn", "c6i", "c6id", "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i", "r5",
    "r6g", "r6i", "r7g",
];

/// The vCPUs of a type; `None` where they are not known.
pub(super) fn vcpus(instance_type: &str) -> Option<u64> {
    let (family, size) = instance_type.split_once('.')?;
    match family {
        "t2" if T2.contains(&size) => Some(1),
        "t2" | "t3" | "t3a" | "t4g" => {
            let known = BURSTABLE.iter().find(|(name, _)| *name == size);
            known.map(|(_, vcpus)| *vcpus)
        }
        _ if REGULAR.contains(&family) => match size {
            "medium" => Some(1),
            "large" => Some(2),
            "xlarge" => Some(4),
            _ => size
                .strip_suffix("xlarge")?
                .parse::<u64>()
                .ok()?
                .checked_mul(4),
        },
        _ => None,
    }
}

/// Whether running machines of a type count against the quota of standard instances (EC2 user guide,
/// "ec2-on-demand-instances": A, C, D, H, I, M, R, T and Z).
pub(super) fn is_standard(instance_type: &str) -> bool {
    // `inf`, `trn`, `hpc`, `mac`, `dl` and the like have quotas of their own: their letters are followed by letters.
    let family = instance_type.split('.').next().unwrap_or_default();
    let mut letters = family.chars();
    let first = letters.next().unwrap_or(' ');
    let is_series = letters.next().is_some_and(|second| second.is_ascii_digit());
    let is_im = family.starts_with("im") || family.starts_with("is");
    ("acdhimrtz".contains(first) && is_series) || is_im
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vcpus_of_known_types_are_those_of_the_guide_and_others_are_not_guessed() {
        for (name, count) in [
            ("t2.micro", 1),
            ("t2.medium", 2),
            ("t3.micro", 2),
            ("t3.medium", 2),
            ("t3.2xlarge", 8),
            ("m6g.medium", 1),
            ("m5.large", 2),
            ("c5.9xlarge", 36),
            ("r6i.32xlarge", 128),
        ] {
            assert_eq!(vcpus(name), Some(count), "{name}");
        }
        for name in ["m5.metal", "x9.large", "t3.huge", "", "m5", "m5.xxlarge"] {
            assert_eq!(vcpus(name), None, "{name}");
        }
    }

    #[test]
    fn accelerated_types_have_quotas_of_their_own() {
        for name in [
            "m5.large",
            "t3.micro",
            "i4i.large",
            "im4gn.large",
            "is4gen.large",
        ] {
            assert!(is_standard(name), "{name}");
        }
        for name in [
            "p4d.24xlarge",
            "g5.xlarge",
            "inf1.xlarge",
            "mac1.metal",
            "hpc6a.48xlarge",
            "dl1.24xlarge",
            "trn1.2xlarge",
            "u-6tb1.metal",
            "",
        ] {
            assert!(!is_standard(name), "{name}");
        }
    }
}
