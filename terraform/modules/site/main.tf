# One deployment of the workload. Nothing here is global and nothing is read from the other site: a plan of this stack
# makes calls to its own region only.

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

data "aws_availability_zones" "this" {
  state = "available"
}

# Which image a new member boots from is decided by whoever releases images; see `ignore_changes` where it is used.
# Amazon releases one version for each processor and kernel, and a minimal one, at once: named in full, so that both sites take the same.
data "aws_ami" "this" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-kernel-6.1-${var.architecture}"]
  }
}

locals {
  region  = data.aws_region.this.name
  account = data.aws_caller_identity.this.account_id
  zones   = slice(data.aws_availability_zones.this.names, 0, var.zones)
}
