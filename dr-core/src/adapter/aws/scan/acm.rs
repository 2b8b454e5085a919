//! ACM certificates.

use aws_sdk_acm::Client;
use aws_sdk_acm::types::{CertificateSummary, Filters, KeyAlgorithm};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, sorted, word};
use crate::model::{Resource, ResourceKind as Kind};

const CERTIFICATES: Topic = Topic::new(Kind::AcmCertificate, "acm", "ListCertificates");
const TAGS: Topic = Topic::new(Kind::AcmCertificate, "acm", "ListTagsForCertificate");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[CERTIFICATES, TAGS];

/// Unless asked for, the list leaves out every key but RSA of 1024 and 2048 bits (ACM API reference, ListCertificates,
/// "Includes").
fn all_keys() -> Filters {
    Filters::builder()
        .key_types(KeyAlgorithm::EcPrime256v1)
        .key_types(KeyAlgorithm::EcSecp384r1)
        .key_types(KeyAlgorithm::EcSecp521r1)
        .key_types(KeyAlgorithm::Rsa1024)
        .key_types(KeyAlgorithm::Rsa2048)
        .key_types(KeyAlgorithm::Rsa3072)
        .key_types(KeyAlgorithm::Rsa4096)
        .build()
}

/// Reads the certificates.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let acm = Client::new(reader.site().regional());
    reader
        .list(
            &CERTIFICATES,
            |token| {
                let certificates = acm.list_certificates().includes(all_keys());
                certificates.max_items(1_000).set_next_token(token).send()
            },
            |page| {
                let certificates = page.certificate_summary_list().iter();
                (
                    page.next_token.clone(),
                    certificates.map(certificate).collect(),
                )
            },
        )
        .await;
    let arns: Vec<String> = reader
        .of_kind(Kind::AcmCertificate)
        .map(|c| c.id.clone())
        .collect();
    for arn in arns {
        let asked = || acm.list_tags_for_certificate().certificate_arn(&arn).send();
        match reader.ask(&TAGS, asked).await {
            Ok(answer) => {
                let known = reader.of_kind(Kind::AcmCertificate).filter(|c| c.id == arn);
                for certificate in known {
                    let tags = answer.tags().iter().map(|tag| {
                        (
                            tag.key().to_owned(),
                            tag.value().unwrap_or_default().to_owned(),
                        )
                    });
                    *certificate = certificate.clone().tagged(tags);
                }
            }
            Err(refusal) => reader.lacks(&TAGS, refusal, &arn, &["tags"]),
        }
    }
}

fn certificate(certificate: &CertificateSummary) -> Resource {
    let arn = certificate.certificate_arn();
    Resource::new(Kind::AcmCertificate, arn.unwrap_or_default())
        .arn(arn)
        .named(certificate.domain_name())
        .with("domain", certificate.domain_name())
        .with(
            "names",
            sorted(certificate.subject_alternative_name_summaries()),
        )
        .with(
            "more-names",
            certificate.has_additional_subject_alternative_names(),
        )
        .with("status", word(certificate.status()))
        .with("type", word(certificate.r#type()))
        .with("key-algorithm", word(certificate.key_algorithm()))
        .with("expires", instant(certificate.not_after()))
        .with("in-use", certificate.in_use())
        .with("renewal", word(certificate.renewal_eligibility()))
}
