//! Addresses of both sites in one plan: what is compared by its addresses is looked at as if it stood at the standby.

use ipnet::IpNet;
use serde_json::Value;

use super::packet::{Admitted, BadRule, Direction, Relocation, Symbol};
use super::reference::Side;
use crate::model::{Resource, ResourceKind as Kind};

/// Where addresses of each side are at the standby.
#[derive(Debug)]
pub(super) struct Addresses {
    to_standby: Relocation,
    stay: Relocation,
}

impl Addresses {
    /// Those of the primary's blocks and of their partners at the standby. Blocks that contradict each other are not relocated: their
    /// rules then differ, which is told and not hidden. Two blocks with the same addresses need no relocation.
    pub(super) fn of(mut blocks: Vec<(IpNet, IpNet)>) -> Self {
        blocks.retain(|(here, there)| here != there);
        Self {
            to_standby: Relocation::of_consistent(blocks),
            stay: Relocation::default(),
        }
    }

    fn from(&self, side: Side) -> &Relocation {
        match side {
            Side::Primary => &self.to_standby,
            Side::Standby => &self.stay,
        }
    }

    /// Where a block is; `None` where the text is none.
    pub(super) fn block(&self, side: Side, text: &str) -> Option<String> {
        let block: IpNet = text.parse().ok()?;
        let network = self.from(side).address(block.network());
        Some(format!("{network}/{}", block.prefix_len()))
    }

    /// What one direction of the rules of a security group, or of the entries of a network ACL, admits. `role` says what a group or
    /// prefix list is by its id.
    ///
    /// # Errors
    /// The first rule that cannot be understood.
    pub(super) fn admitted(
        &self,
        (side, resource): (Side, &Resource),
        rules: &[Value],
        direction: Direction,
        role: impl Fn(&str) -> Symbol,
    ) -> Result<Admitted, BadRule> {
        match resource.kind {
            Kind::Ec2NetworkAcl => Admitted::of_acl(rules, direction, self.from(side)),
            _ => Admitted::of_group(rules, direction, role, self.from(side)),
        }
    }
}

/// The directions that an attribute speaks of: a security group has one attribute for each, a network ACL one for both.
pub(super) fn directions(attribute: &str) -> &'static [Direction] {
    match attribute {
        "ingress" => &[Direction::Ingress],
        "egress" => &[Direction::Egress],
        _ => &[Direction::Ingress, Direction::Egress],
    }
}
