//! How many vCPUs an instance type has: the quota of running machines is counted in them.
//!
//! A snapshot of what `DescribeInstanceTypes` tells (`VCpuInfo.DefaultVCpus`): each family here was held against all of its types in
//! a record of 1,263, that of moto 5.2.1. A type that is not in it, and `metal`, is not guessed.

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

/// Families in which `medium` has one, `large` two, `xlarge` four, and `Nxlarge` four times N.
const REGULAR: [&str; 146] = [
    "a1", "c3", "c5", "c5a", "c5ad", "c5d", "c5n", "c6a", "c6g", "c6gd", "c6gn", "c6i", "c6id",
    "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i", "c7i-flex", "c8a", "c8g", "c8gb", "c8gd", "c8gn",
    "c8i", "c8i-flex", "c8ib", "c8id", "c8in", "c8ine", "d3", "d3en", "h1", "i2", "i3", "i3en",
    "i4g", "i4i", "im4gn", "is4gen", "i7i", "i7ie", "i8g", "i8ge", "m3", "m4", "m5", "m5a", "m5ad",
    "m5d", "m5dn", "m5n", "m5zn", "m6a", "m6g", "m6gd", "m6i", "m6id", "m6idn", "m6in", "m7a",
    "m7g", "m7gd", "m7i", "m7i-flex", "m8a", "m8azn", "m8g", "m8gb", "m8gd", "m8gn", "m8i",
    "m8i-flex", "m8ib", "m8id", "m8in", "m8ine", "r3", "r4", "r5", "r5a", "r5ad", "r5b", "r5d",
    "r5dn", "r5n", "r6a", "r6g", "r6gd", "r6i", "r6id", "r6idn", "r6in", "r7a", "r7g", "r7gd",
    "r7i", "r7iz", "r8a", "r8g", "r8gb", "r8gd", "r8gn", "r8i", "r8i-flex", "r8ib", "r8id", "r8in",
    "z1d", "g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "g6f", "g7e", "gr6", "gr6f", "p3dn", "p4d",
    "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "vt1", "x1", "x1e", "x2gd", "x2idn",
    "x2iedn", "x2iezn", "x8aedz", "x8g", "x8i", "dl1", "dl2q", "f2", "inf1", "inf2", "trn1",
    "trn1n", "trn2",
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
            // A scan may say anything: no type has so many that a fleet of them could not be counted.
            _ => {
                let times: u16 = size.strip_suffix("xlarge")?.parse().ok()?;
                Some(u64::from(times) * 4)
            }
        },
        _ => None,
    }
}

/// Running machines of which types count against one quota (EC2 instance types guide, "ec2-instance-quotas").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    /// A, C, D, H, I, M, R, T and Z.
    Standard,
    /// G and VT.
    Graphics,
    /// P.
    P,
    /// X.
    X,
    /// DL.
    Dl,
    /// F.
    F,
    /// Inf.
    Inf,
    /// Trn.
    Trn,
}

/// The series of a type; `None` for those whose quotas are not looked at: HPC, Mac and high memory.
pub(super) fn series(instance_type: &str) -> Option<Series> {
    let family = instance_type.split('.').next().unwrap_or_default();
    let letters: String = family.chars().take_while(|c| !c.is_ascii_digit()).collect();
    let is_family = letters.len() < family.len();
    match letters.as_str() {
        "a" | "c" | "d" | "h" | "i" | "im" | "is" | "m" | "r" | "t" | "z" if is_family => {
            Some(Series::Standard)
        }
        "g" | "gr" | "vt" if is_family => Some(Series::Graphics),
        "p" if is_family => Some(Series::P),
        "x" if is_family => Some(Series::X),
        "dl" if is_family => Some(Series::Dl),
        "f" if is_family => Some(Series::F),
        "inf" if is_family => Some(Series::Inf),
        "trn" if is_family => Some(Series::Trn),
        _ => None,
    }
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
            ("c8g.medium", 1),
            ("i4i.2xlarge", 8),
            ("m8i-flex.16xlarge", 64),
            ("z1d.12xlarge", 48),
            ("f2.6xlarge", 24),
            ("inf2.48xlarge", 192),
        ] {
            assert_eq!(vcpus(name), Some(count), "{name}");
        }
        for name in [
            "m5.metal",
            "x9.large",
            "t3.huge",
            "",
            "m5",
            "m5.xxlarge",
            // Its largest has 36, not 32.
            "m5.4000000000000000000xlarge",
            "c4.8xlarge",
            "d2.8xlarge",
        ] {
            assert_eq!(vcpus(name), None, "{name}");
        }
    }

    #[test]
    fn each_type_counts_against_the_quota_of_its_series() {
        for (series_of_these, names) in [
            (
                Some(Series::Standard),
                &[
                    "m5.large",
                    "t3.micro",
                    "i4i.large",
                    "im4gn.large",
                    "is4gen.large",
                ][..],
            ),
            (
                Some(Series::Graphics),
                &["g5.xlarge", "gr6.4xlarge", "vt1.3xlarge"],
            ),
            (Some(Series::P), &["p4d.24xlarge", "p6-b200.48xlarge"]),
            (Some(Series::X), &["x2gd.large", "x1e.xlarge"]),
            (Some(Series::Dl), &["dl1.24xlarge", "dl2q.24xlarge"]),
            (Some(Series::F), &["f2.6xlarge"]),
            (Some(Series::Inf), &["inf1.xlarge", "inf2.48xlarge"]),
            (Some(Series::Trn), &["trn1.2xlarge", "trn1n.32xlarge"]),
            (
                None,
                &[
                    "mac1.metal",
                    "hpc6a.48xlarge",
                    "u-6tb1.metal",
                    "m.large",
                    "",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(series(name), series_of_these, "{name}");
            }
        }
    }
}
