//! What the words of RDS for an instance's status mean.

use super::DatabaseStatus;

/// What a status word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RdsStatus {
    /// Whether it can be worked with.
    pub status: DatabaseStatus,
    /// Whether its clients are served meanwhile.
    pub serves: bool,
}

impl RdsStatus {
    /// Reads a status word (RDS user guide, "Overview.DBInstance.Status", table of DB instance status).
    ///
    /// | words | read as | clients are served |
    /// |---|---|---|
    /// | `available`, `storage-optimization`, `storage-initialization`, `storage-config-upgrade`, `modifying`, `configuring-…`, `resetting-master-credentials` | available | yes |
    /// | `backing-up` | backing up | yes |
    /// | `creating` | creating | no |
    /// | `rebooting`, `renaming`, `starting`, `upgrading`, `maintenance`, `converting-to-vpc`, `moving-to-vpc` | rebooting: it comes back | no |
    /// | `promoting` | promoting | no |
    /// | `stopped`, `stopping`, `failed`, `deleting`, `storage-full`, `incompatible-…`, `inaccessible-…`, `restore-error`, `insufficient-capacity`, any other word | unavailable | no |
    ///
    /// A word that is not known is no reason to trust an instance.
    pub fn read(word: &str) -> Self {
        use DatabaseStatus as S;
        let (status, serves) = match word {
            "available"
            | "storage-optimization"
            | "storage-initialization"
            | "storage-config-upgrade"
            | "modifying"
            | "resetting-master-credentials" => (S::Available, true),
            word if word.starts_with("configuring-") => (S::Available, true),
            "backing-up" => (S::BackingUp, true),
            "creating" => (S::Creating, false),
            "promoting" => (S::Promoting, false),
            "rebooting" | "renaming" | "starting" | "upgrading" | "maintenance"
            | "converting-to-vpc" | "moving-to-vpc" => (S::Rebooting, false),
            _ => (S::Unavailable, false),
        };
        Self { status, serves }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_that_is_changed_in_place_serves_and_one_that_restarts_does_not() {
        for word in ["available", "modifying", "configuring-log-exports"] {
            let read = RdsStatus::read(word);
            assert_eq!(
                (read.status, read.serves),
                (DatabaseStatus::Available, true)
            );
        }
        for word in ["rebooting", "renaming", "upgrading"] {
            let read = RdsStatus::read(word);
            assert_eq!(
                (read.status, read.serves),
                (DatabaseStatus::Rebooting, false)
            );
        }
        assert!(RdsStatus::read("backing-up").serves);
        assert_eq!(
            RdsStatus::read("backing-up").status,
            DatabaseStatus::BackingUp
        );
    }

    #[test]
    fn a_word_that_is_not_known_is_unavailable() {
        for word in ["", "storage-full", "incompatible-network", "new-in-2031"] {
            assert_eq!(
                RdsStatus::read(word).status,
                DatabaseStatus::Unavailable,
                "{word}"
            );
            assert!(!RdsStatus::read(word).serves, "{word}");
        }
    }
}
