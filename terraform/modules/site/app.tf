# component "app"

locals {
  app = { "dr:component" = "app" }
}

resource "aws_security_group" "app" {
  name        = "${var.estate}-app"
  description = "The balancer to the fleet"
  vpc_id      = aws_vpc.this.id
  tags        = local.app
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  description                  = "The balancer to the fleet"
  security_group_id            = aws_security_group.app.id
  referenced_security_group_id = aws_security_group.balancer.id
  from_port                    = 80
  to_port                      = 80
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "app" {
  description       = "The fleet to anywhere: packages, the database, AWS"
  security_group_id = aws_security_group.app.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_launch_template" "app" {
  name                   = "${var.estate}-app"
  image_id               = data.aws_ami.this.id
  instance_type          = var.app_size
  vpc_security_group_ids = [aws_security_group.app.id]
  metadata_options {
    # Credentials of a member are given to those who can make it ask, not to whom it forwards a request for (IMDSv2).
    http_tokens = "required"
  }
  lifecycle {
    # Who releases images decides on the image. moto 5.2.1 reports the template's own tags as a specification of its
    # instances' tags, which nothing here sets.
    ignore_changes = [image_id, tag_specifications]
  }
}

resource "aws_autoscaling_group" "app" {
  name                = "${var.estate}-app"
  min_size            = var.app_count
  max_size            = var.app_max
  desired_capacity    = var.app_count
  vpc_zone_identifier = aws_subnet.private[*].id
  # Asking for members is all that an apply does. Whether enough of them are healthy is looked at by `activate: app`: where the
  # account allows fewer than are wanted, but enough to carry the load, a failover goes on.
  wait_for_capacity_timeout = "0"
  target_group_arns         = [aws_lb_target_group.app.arn]
  launch_template {
    id      = aws_launch_template.app.id
    version = "$Latest"
  }
  dynamic "tag" {
    for_each = {
      Name           = "${var.estate}-app"
      "dr:estate"    = var.estate
      "dr:site"      = var.site
      "dr:component" = "app"
    }
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}
