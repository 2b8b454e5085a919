use proptest::prelude::*;

use super::*;
use crate::adapter::aws::memory::{Answer, Memory, wait};

/// Something that answers every call alike.
struct Always(Answer);

impl Always {
    fn config(&self) -> aws_config::SdkConfig {
        let answer = self.0.clone();
        Memory::new(move |_| answer.clone()).config()
    }

    fn head_object(&self) -> ErrorClass {
        let s3 = aws_sdk_s3::Client::new(&self.config());
        let answer = wait(s3.head_object().bucket("bucket").key("key").send());
        class(&answer.expect_err("it is refused"), Intent::Read)
    }

    fn get_object(&self) -> ErrorClass {
        let s3 = aws_sdk_s3::Client::new(&self.config());
        let answer = wait(s3.get_object().bucket("bucket").key("key").send());
        class(&answer.expect_err("it is refused"), Intent::Read)
    }

    fn delete_object(&self) -> ErrorClass {
        let s3 = aws_sdk_s3::Client::new(&self.config());
        let answer = wait(s3.delete_object().bucket("bucket").key("key").send());
        class(&answer.expect_err("it is refused"), Intent::Change)
    }

    fn describe_instances(&self) -> ErrorClass {
        let rds = aws_sdk_rds::Client::new(&self.config());
        class(
            &wait(rds.describe_db_instances().send()).expect_err("it is refused"),
            Intent::Read,
        )
    }

    fn get_quota(&self) -> ErrorClass {
        let quotas = aws_sdk_servicequotas::Client::new(&self.config());
        let asked = quotas.get_service_quota().service_code("ec2");
        let answer = wait(asked.quota_code("L-1216C47A").send());
        class(&answer.expect_err("it is refused"), Intent::Read)
    }

    fn describe_nodes(&self) -> ErrorClass {
        let eks = aws_sdk_eks::Client::new(&self.config());
        let asked = eks.describe_nodegroup().cluster_name("one");
        let answer = wait(asked.nodegroup_name("two").send());
        class(&answer.expect_err("it is refused"), Intent::Read)
    }
}

fn said(status: u16, body: &str) -> Always {
    Always(Answer::new(status, body))
}

#[test]
fn a_page_of_a_proxy_does_not_say_that_a_thing_is_not_there() {
    for page in [
        "<html><body><h1>Not Found</h1></body></html>",
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>",
        "404 page not found",
    ] {
        let proxy = said(404, page);
        assert_eq!(proxy.get_object(), ErrorClass::Transient, "{page}");
        assert_eq!(proxy.head_object(), ErrorClass::Transient, "{page}");
        assert_eq!(proxy.describe_instances(), ErrorClass::Transient, "{page}");
        assert_eq!(proxy.get_quota(), ErrorClass::Transient, "{page}");
        assert_eq!(proxy.describe_nodes(), ErrorClass::Transient, "{page}");
        assert_eq!(proxy.delete_object(), ErrorClass::Indeterminate, "{page}");
    }
}

#[test]
fn nothing_at_all_with_status_404_does_not_either() {
    let proxy = said(404, "");
    assert_eq!(proxy.get_object(), ErrorClass::Transient);
    assert_eq!(proxy.head_object(), ErrorClass::Transient);
    assert_eq!(proxy.describe_instances(), ErrorClass::Transient);
    assert_eq!(proxy.get_quota(), ErrorClass::Transient);
    assert_eq!(proxy.describe_nodes(), ErrorClass::Transient);
    assert_eq!(proxy.delete_object(), ErrorClass::Indeterminate);
}

#[test]
fn s3_itself_says_so_without_a_body_when_only_the_head_was_asked_for() {
    let s3 = Always(Answer::new(404, "").with("x-amz-request-id", "4442587FB7D0A2F9"));
    assert_eq!(s3.head_object(), ErrorClass::NotFound);
}

#[test]
fn a_service_that_names_its_error_is_believed() {
    let s3 = said(
        404,
        "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>no</Message></Error>",
    );
    assert_eq!(s3.get_object(), ErrorClass::NotFound);
    let rds = said(
        404,
        "<ErrorResponse><Error><Type>Sender</Type><Code>DBInstanceNotFound</Code>\
         <Message>no</Message></Error></ErrorResponse>",
    );
    assert_eq!(rds.describe_instances(), ErrorClass::NotFound);
    let quotas = said(400, "{\"__type\":\"NoSuchResourceException\"}");
    assert_eq!(quotas.get_quota(), ErrorClass::NotFound);
    let answer = Answer::new(404, "{\"message\":\"no\"}");
    let eks = Always(answer.with("x-amzn-errortype", "ResourceNotFoundException"));
    assert_eq!(eks.describe_nodes(), ErrorClass::NotFound);
}

#[test]
fn a_call_that_the_service_does_not_know_is_no_thing_that_is_not_there() {
    let service = said(404, "{\"__type\":\"UnknownOperationException\"}");
    assert_eq!(service.get_quota(), ErrorClass::Invalid);
}

#[test]
fn a_bucket_of_another_region_is_asked_in_vain() {
    let s3 = said(
        301,
        "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>",
    );
    assert_eq!(s3.get_object(), ErrorClass::Invalid);
    assert_eq!(said(301, "").head_object(), ErrorClass::Invalid);
}

proptest! {
    #[test]
    fn without_a_code_of_the_service_nothing_is_known_not_to_be_there(status in 100_u16..600) {
        for intent in [Intent::Read, Intent::Change] {
            prop_assert_ne!(by_status(status, intent), ErrorClass::NotFound);
        }
    }
}
