# component "front-door": the name that clients use. Route 53 is administered in us-east-1 only, so nothing here is needed
# in a failover: the switch is an object in the standby's region, and which record is answered is decided by the data plane.

terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# Kept where the standby is: it is read when the home primary may be gone. Nothing is read from a site's state.
terraform {
  backend "s3" {
    bucket       = "storefront-state-us-west-1"
    key          = "global.tfstate"
    region       = "us-west-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = {
      "dr:estate"    = "storefront"
      "dr:component" = "front-door"
    }
  }
}

locals {
  switch_bucket = "storefront-switch-us-west-1"
  switch_key    = "serve-from-standby"
}

resource "aws_route53_zone" "this" {
  name = var.zone
}

# Healthy while the object is NOT there: dr puts it to send clients to the standby. If the bucket cannot be read, clients
# stay at home (AWS blog, "Creating disaster recovery mechanisms using Amazon Route 53").
resource "aws_route53_health_check" "switch" {
  type               = "HTTPS"
  fqdn               = "${local.switch_bucket}.s3.us-west-1.amazonaws.com"
  port               = 443
  resource_path      = "/${local.switch_key}"
  invert_healthcheck = true
  failure_threshold  = 3
  request_interval   = 10
  tags               = { Name = "storefront-switch" }
}

resource "aws_route53_record" "this" {
  for_each        = toset(["ohio", "california"])
  zone_id         = aws_route53_zone.this.zone_id
  name            = var.record
  type            = "A"
  set_identifier  = each.key
  health_check_id = each.key == var.primary ? aws_route53_health_check.switch.id : null
  failover_routing_policy {
    type = each.key == var.primary ? "PRIMARY" : "SECONDARY"
  }
  alias {
    name    = var.balancers[each.key].name
    zone_id = var.balancers[each.key].zone
    # The switch decides, and nothing else: a balancer whose targets are slow to come up must not send clients to a
    # database that takes no writes.
    evaluate_target_health = false
  }
}

output "estate" {
  description = "The estate that this stack belongs to: dr binds no other to it."
  value       = "storefront"
}

output "dr" {
  description = "The real thing behind the front door, as seen from each site."
  value = {
    for site in ["ohio", "california"] : site => {
      front-door = merge(
        {
          zone           = aws_route53_zone.this.zone_id
          set-identifier = site
          switch-bucket  = local.switch_bucket
          switch-key     = local.switch_key
          answers        = [var.balancers[site].name]
        },
        site == var.primary ? { health-check = aws_route53_health_check.switch.id } : {},
      )
    }
  }
}
