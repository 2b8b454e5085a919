//! What is wrong with this machine, and says nothing of what clients get.

use std::error::Error;
use std::io;

use rustix::io::Errno;

/// Whether something failed because this machine has no descriptor, no memory, no buffer or no address left for it (errno(3)).
pub(super) fn is_of_this_machine(error: &(dyn Error + 'static)) -> bool {
    const SHORT: [Errno; 5] = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOMEM,
        Errno::NOBUFS,
        Errno::ADDRNOTAVAIL,
    ];
    errno(error).is_some_and(|errno| SHORT.contains(&errno))
}

/// What the system said, where it is among the causes.
fn errno<'a>(error: &'a (dyn Error + 'static)) -> Option<Errno> {
    let source = |error: &&'a (dyn Error + 'static)| (*error).source();
    std::iter::successors(Some(error), source)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .find_map(Errno::from_io_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_has_nothing_left_is_told_apart_from_a_site_that_does_not_answer() {
        let of = |errno: Errno| is_of_this_machine(&io::Error::from(errno));
        for short in [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOMEM,
            Errno::NOBUFS,
            Errno::ADDRNOTAVAIL,
        ] {
            assert!(of(short), "{short}");
        }
        for site in [
            Errno::CONNREFUSED,
            Errno::CONNRESET,
            Errno::HOSTUNREACH,
            Errno::NETUNREACH,
            Errno::TIMEDOUT,
        ] {
            assert!(!of(site), "{site}");
        }
        assert!(!is_of_this_machine(&io::Error::other("no errno")));
    }

    #[tokio::test]
    async fn what_the_system_said_is_found_below_what_the_client_says() {
        // Nobody listens on a port that was free a moment ago.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = closed.local_addr().unwrap();
        drop(closed);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let refused = client.get(format!("http://{nobody}")).send().await;
        assert_eq!(errno(&refused.unwrap_err()), Some(Errno::CONNREFUSED));
    }
}
