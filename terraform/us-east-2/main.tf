# The site "ohio": see ../modules/site. Role and capacity stand in dr.auto.tfvars.json, which dr owns.

terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

terraform {
  backend "s3" {
    bucket       = "storefront-state-us-east-2"
    key          = "site.tfstate"
    region       = "us-east-2"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-2"
  default_tags {
    tags = {
      "dr:estate" = "storefront"
      "dr:site"   = "ohio"
    }
  }
}

module "site" {
  source      = "../modules/site"
  estate      = "storefront"
  site        = "ohio"
  peer_region = "us-west-1"
  cidr        = "10.10.0.0/16"

  role              = var.role
  app_count         = var.app_count
  database_role     = var.database_role
  database_class    = var.database_class
  database_password = var.database_password
}

output "estate" {
  description = "The estate that this stack belongs to: dr binds no other to it."
  value       = "storefront"
}

output "dr" {
  description = "The real thing behind each component of the estate."
  value = merge(module.site.dr, {
    stack = {
      state-bucket = "storefront-state-us-east-2"
      state-key    = "site.tfstate"
    }
  })
}

output "site" {
  description = "The site."
  value       = module.site.site
}

output "balancer" {
  description = "Where the site's record points to."
  value       = module.site.balancer
}

output "applied" {
  description = "What this stack was applied for last. Kept in the state, so that dr can tell it from any machine."
  value = {
    role          = var.role
    app_count     = var.app_count
    database_role = var.database_role
  }
}
