# component "balancer"

locals {
  balancer = { "dr:component" = "balancer" }
}

resource "aws_security_group" "balancer" {
  name        = "${var.estate}-balancer"
  description = "Clients to the balancer"
  vpc_id      = aws_vpc.this.id
  tags        = local.balancer
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  description       = "Clients to the balancer"
  security_group_id = aws_security_group.balancer.id
  cidr_ipv4         = "0.0.0.0/0"
  from_port         = 80
  to_port           = 80
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  description       = "The balancer to the fleet"
  security_group_id = aws_security_group.balancer.id
  cidr_ipv4         = var.cidr
  ip_protocol       = "-1"
}

resource "aws_lb" "this" {
  name               = var.estate
  load_balancer_type = "application"
  internal           = false
  security_groups    = [aws_security_group.balancer.id]
  subnets            = aws_subnet.public[*].id
  tags               = local.balancer
}

resource "aws_lb_target_group" "app" {
  name     = "${var.estate}-app"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.this.id
  health_check {
    path                = "/healthz"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
    matcher             = "200"
  }
  tags = local.balancer
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }
  tags = local.balancer
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${var.estate}-unhealthy-hosts"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 2
  dimensions = {
    LoadBalancer = aws_lb.this.arn_suffix
    TargetGroup  = aws_lb_target_group.app.arn_suffix
  }
  tags = local.balancer
}
