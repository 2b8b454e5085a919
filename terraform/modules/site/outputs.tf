# What `dr estate from-terraform` makes the bindings of estate.yaml from: component to key to value.
output "dr" {
  description = "The real thing behind each component of the estate."
  value = {
    source = {
      instance = aws_instance.source.id
      url      = coalesce(var.git_url, "ssh://git@${aws_instance.source.private_ip}/srv/git/${var.estate}.git")
      branch   = var.git_branch
    }
    network = {
      vpc = aws_vpc.this.id
    }
    balancer = {
      load-balancer = aws_lb.this.arn
      target-group  = aws_lb_target_group.app.arn
    }
    app = {
      group = aws_autoscaling_group.app.name
    }
    cluster = {
      cluster    = aws_eks_cluster.this.name
      node-group = aws_eks_node_group.this.node_group_name
    }
    database = {
      instance           = local.identifier
      port               = "5432"
      subnet-group       = aws_db_subnet_group.this.name
      parameter-group    = aws_db_parameter_group.this.name
      kms-key            = aws_kms_key.database.arn
      security-group     = aws_security_group.database.id
      quarantine-group   = aws_security_group.quarantine.id
      network-acl        = aws_network_acl.database.id
      endpoint-parameter = aws_ssm_parameter.endpoint.name
    }
  }
}

output "site" {
  description = "The site."
  value = {
    name    = var.site
    region  = local.region
    account = local.account
    store   = "${var.estate}-dr-${local.region}"
  }
}

# For ../../global/balancers.auto.tfvars.json.
output "balancer" {
  description = "Where the site's record points to."
  value = {
    name = aws_lb.this.dns_name
    zone = aws_lb.this.zone_id
  }
}
