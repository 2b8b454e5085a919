//! How long it takes to turn what AWS answers into resources: a page of 1,000 instances, as XML, through the SDK.
//!
//! The answers come from memory, so nothing is measured but this process: signing, parsing, normalising. The scan of a
//! site where every call is denied is the base; what a site with instances takes more is the page.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use criterion::{Criterion, criterion_group, criterion_main};
use dr_core::adapter::aws::AwsSite;
use dr_core::adapter::aws::scan::AwsScanner;
use dr_core::adapter::local::SystemClock;
use dr_core::config::{self, builtin};
use dr_core::discover::budget::Share;
use dr_core::model::{ResourceKind, SiteId};
use dr_core::port::{ScanPart, ScanProgress, ScanWatch, Scanner};

/// Answers `DescribeInstances` with a page, and denies everything else.
#[derive(Debug, Clone)]
struct Replayed(Option<Arc<str>>);

impl HttpConnector for Replayed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let asked = body
            .windows(25)
            .any(|part| part == b"Action=DescribeInstances&");
        let (status, body) = match &self.0 {
            Some(page) if asked => (200, SdkBody::from(&**page)),
            _ => (403, SdkBody::from(DENIED)),
        };
        let status = status.try_into().expect("a status of HTTP");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
    }
}

const DENIED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>";

/// One instance as EC2 describes it, without what a scan does not read being left out: it has to be parsed all the same.
fn page(instances: usize) -> String {
    let mut text = String::from(
        "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId><reservationSet>",
    );
    for n in 0..instances {
        let _ = write!(
            text,
            "<item><reservationId>r-{n:017x}</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet><item>\
             <instanceId>i-{n:017x}</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code><name>running</name></instanceState>\
             <privateDnsName>ip-10-0-0-1.us-east-2.compute.internal</privateDnsName><dnsName/><reason/><keyName>main</keyName>\
             <amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>t3.micro</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>\
             <placement><availabilityZone>us-east-2a</availabilityZone><groupName/><tenancy>default</tenancy></placement>\
             <monitoring><state>disabled</state></monitoring><subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>\
             <privateIpAddress>10.0.0.1</privateIpAddress><sourceDestCheck>true</sourceDestCheck>\
             <groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>app</groupName></item></groupSet>\
             <architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>\
             <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{n:017x}</volumeId><status>attached</status>\
             <attachTime>2026-01-01T00:00:00.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>\
             <virtualizationType>hvm</virtualizationType><clientToken>token-{n}</clientToken>\
             <tagSet><item><key>Name</key><value>app-{n}</value></item><item><key>dr:component</key><value>app</value></item>\
             <item><key>aws:autoscaling:groupName</key><value>app</value></item></tagSet><hypervisor>xen</hypervisor>\
             <networkInterfaceSet><item><networkInterfaceId>eni-{n:017x}</networkInterfaceId><subnetId>subnet-0123456789abcdef0</subnetId>\
             <vpcId>vpc-0123456789abcdef0</vpcId><description/><ownerId>123456789012</ownerId><status>in-use</status><macAddress>02:00:00:00:00:01</macAddress>\
             <privateIpAddress>10.0.0.1</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0123456789abcdef0</groupId>\
             <groupName>app</groupName></item></groupSet><attachment><attachmentId>eni-attach-{n:017x}</attachmentId><deviceIndex>0</deviceIndex>\
             <status>attached</status><deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>\
             <privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress><primary>true</primary></item></privateIpAddressesSet></item></networkInterfaceSet>\
             <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/app</arn><id>AIPA</id></iamInstanceProfile><ebsOptimized>false</ebsOptimized>\
             <enaSupport>true</enaSupport><cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>\
             <metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>\
             <httpEndpoint>enabled</httpEndpoint></metadataOptions><platformDetails>Linux/UNIX</platformDetails></item></instancesSet></item>"
        );
    }
    text.push_str("</reservationSet></DescribeInstancesResponse>");
    text
}

fn scanner(page: Option<String>) -> AwsScanner {
    let source = builtin::storefront_estate();
    let estate = config::load_estate(source).expect("the built-in estate is right");
    let connector = SharedHttpConnector::new(Replayed(page.map(Into::into)));
    let regional = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-2"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "id", "key", None, None, "bench",
        )))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    let site = AwsSite::over(estate.home(), regional, Arc::new(SystemClock));
    AwsScanner::new(site, &estate, Share::one_of(1))
}

struct Unwatched;

impl ScanWatch for Unwatched {
    fn went_on(&self, _: &SiteId, _: ScanProgress) {}
}

fn scans(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without I/O needs nothing");
    let mut group = criterion.benchmark_group("scan");
    group.sample_size(10);
    for (name, instances) in [("nothing allowed", None), ("1,000 instances", Some(1_000))] {
        group.bench_function(name, |bench| {
            // Made anew each time: the budget is of one scan.
            bench.iter_batched(
                || scanner(instances.map(page)),
                |scanner| {
                    let reading = runtime.block_on(scanner.scan(&ScanPart::Region, &Unwatched));
                    let read = reading.resources.iter();
                    let read = read.filter(|resource| resource.kind == ResourceKind::Ec2Instance);
                    assert_eq!(read.count(), instances.unwrap_or_default());
                    reading
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, scans);
criterion_main!(benches);
