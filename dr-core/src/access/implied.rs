//! What AWS asks for beyond the call itself. No such action appears as a call of its own in a log of requests.

use super::Need;

/// An action that another one needs as well, and why.
struct Implied {
    by: (&'static str, &'static str),
    also: (&'static str, &'static str),
}

const fn implied(by: (&'static str, &'static str), also: (&'static str, &'static str)) -> Implied {
    Implied { by, also }
}

/// Sources: RDS user guide, "Overview.Encryption.Keys" (an encrypted replica: the caller grants RDS the use of the key);
/// Systems Manager user guide, "secure-string-parameter-kms-encryption"; Secrets Manager user guide,
/// "security-encryption"; S3 API reference, `GetObject` (a missing key is a 404 only to those who may list the bucket).
const TABLE: [Implied; 8] = [
    implied(
        ("rds", "CreateDBInstanceReadReplica"),
        ("kms", "CreateGrant"),
    ),
    implied(
        ("rds", "CreateDBInstanceReadReplica"),
        ("kms", "DescribeKey"),
    ),
    implied(("ssm", "GetParameter"), ("kms", "Decrypt")),
    implied(("ssm", "PutParameter"), ("kms", "Encrypt")),
    implied(("secretsmanager", "GetSecretValue"), ("kms", "Decrypt")),
    implied(("secretsmanager", "PutSecretValue"), ("kms", "Decrypt")),
    implied(
        ("secretsmanager", "PutSecretValue"),
        ("kms", "GenerateDataKey"),
    ),
    implied(("s3", "GetObject"), ("s3", "ListBucket")),
];

/// What that need implies.
pub(super) fn by(need: &Need) -> impl Iterator<Item = Need> {
    TABLE
        .iter()
        .filter(|implied| implied.by == (need.service.as_str(), need.action.as_str()))
        .map(|implied| Need {
            service: implied.also.0.to_owned(),
            action: implied.also.1.to_owned(),
            via: (implied.also.0 == "kms").then_some(implied.by.0),
            ..need.clone()
        })
}
