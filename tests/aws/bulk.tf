# What else stands in the account of a site: ten services of other teams, so that an account of five hundred resources can be
# measured. Put beside a site's stack (tests/tests/laboratory/measure.rs), and applied with it.

locals {
  bulk = { Team = "other" }
}

data "aws_availability_zones" "bulk" {}

data "aws_ami" "bulk" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-*-x86_64-gp2"]
  }
}

data "aws_route53_zone" "bulk" {
  name = "storefront.example"
}

resource "aws_vpc" "bulk" {
  cidr_block = "10.200.0.0/16"
  tags       = merge(local.bulk, { Name = "bulk" })
}

resource "aws_internet_gateway" "bulk" {
  vpc_id = aws_vpc.bulk.id
  tags   = merge(local.bulk, { Name = "bulk" })
}

resource "aws_subnet" "bulk" {
  count             = 24
  vpc_id            = aws_vpc.bulk.id
  cidr_block        = cidrsubnet(aws_vpc.bulk.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.bulk.names[count.index % 2]
  tags              = merge(local.bulk, { Name = "bulk-${count.index}" })
}

resource "aws_route_table" "bulk" {
  count  = 12
  vpc_id = aws_vpc.bulk.id
  tags   = merge(local.bulk, { Name = "bulk-${count.index}" })
}

resource "aws_route_table_association" "bulk" {
  count          = 12
  subnet_id      = aws_subnet.bulk[count.index].id
  route_table_id = aws_route_table.bulk[count.index].id
}

resource "aws_security_group" "bulk" {
  count       = 70
  name        = "bulk-${count.index}"
  description = "bulk"
  vpc_id      = aws_vpc.bulk.id
  ingress {
    from_port   = 8000 + count.index
    to_port     = 8000 + count.index
    protocol    = "tcp"
    cidr_blocks = ["10.200.0.0/16"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = local.bulk
}

resource "aws_key_pair" "bulk" {
  count      = 2
  key_name   = "bulk-${count.index}"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN8cKxLUeEoaCxaxpb0ZLGzTmFGkmMCaCzxtRvxCHQnN"
  tags       = local.bulk
}

resource "aws_instance" "bulk" {
  count                  = 65
  ami                    = data.aws_ami.bulk.id
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.bulk[count.index % 24].id
  vpc_security_group_ids = [aws_security_group.bulk[count.index % 70].id]
  tags                   = merge(local.bulk, { Name = "bulk-${count.index}" })
  lifecycle {
    # moto 5.2.1 tells some of them otherwise than they were asked for.
    ignore_changes = [ami, user_data, metadata_options]
  }
}

resource "aws_launch_template" "bulk" {
  count         = 10
  name          = "bulk-${count.index}"
  image_id      = data.aws_ami.bulk.id
  instance_type = "t3.micro"
  tags          = local.bulk
  lifecycle {
    ignore_changes = [image_id, tag_specifications]
  }
}

resource "aws_autoscaling_group" "bulk" {
  count                     = 10
  name                      = "bulk-${count.index}"
  min_size                  = 0
  max_size                  = 6
  desired_capacity          = 6
  vpc_zone_identifier       = [aws_subnet.bulk[count.index].id]
  wait_for_capacity_timeout = "0"
  launch_template {
    id      = aws_launch_template.bulk[count.index].id
    version = "$Latest"
  }
}

resource "aws_lb" "bulk" {
  count              = 6
  name               = "bulk-${count.index}"
  internal           = true
  load_balancer_type = "application"
  security_groups    = [aws_security_group.bulk[count.index].id]
  subnets            = [aws_subnet.bulk[0].id, aws_subnet.bulk[1].id]
  tags               = local.bulk
}

resource "aws_lb_target_group" "bulk" {
  count    = 12
  name     = "bulk-${count.index}"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.bulk.id
  tags     = local.bulk
}

resource "aws_lb_listener" "bulk" {
  count             = 6
  load_balancer_arn = aws_lb.bulk[count.index].arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.bulk[count.index].arn
  }
  tags = local.bulk
}

resource "aws_kms_key" "bulk" {
  count       = 4
  description = "bulk"
  tags        = local.bulk
}

resource "aws_kms_alias" "bulk" {
  count         = 4
  name          = "alias/bulk-${count.index}"
  target_key_id = aws_kms_key.bulk[count.index].key_id
}

resource "aws_db_subnet_group" "bulk" {
  count      = 4
  name       = "bulk-${count.index}"
  subnet_ids = [aws_subnet.bulk[0].id, aws_subnet.bulk[1].id]
  tags       = local.bulk
}

resource "aws_db_parameter_group" "bulk" {
  count  = 4
  name   = "bulk-${count.index}"
  family = "postgres16"
  tags   = local.bulk
}

resource "aws_db_instance" "bulk" {
  count                = 4
  identifier           = "bulk-${count.index}"
  engine               = "postgres"
  engine_version       = "16.3"
  instance_class       = "db.t3.small"
  allocated_storage    = 20
  username             = "app"
  password             = "not-a-real-password"
  db_subnet_group_name = aws_db_subnet_group.bulk[count.index].name
  parameter_group_name = aws_db_parameter_group.bulk[count.index].name
  storage_encrypted    = true
  kms_key_id           = aws_kms_key.bulk[count.index].arn
  skip_final_snapshot  = true
  tags                 = local.bulk
}

resource "aws_secretsmanager_secret" "bulk" {
  count = 20
  name  = "bulk/${count.index}"
  tags  = local.bulk
}

resource "aws_secretsmanager_secret_version" "bulk" {
  count         = 20
  secret_id     = aws_secretsmanager_secret.bulk[count.index].id
  secret_string = "not-a-real-secret"
}

resource "aws_ssm_parameter" "bulk" {
  count = 130
  name  = "/bulk/${count.index}"
  type  = "String"
  value = "value-${count.index}"
  tags  = local.bulk
}

resource "aws_acm_certificate" "bulk" {
  count             = 4
  domain_name       = "bulk-${count.index}.example"
  validation_method = "DNS"
  tags              = local.bulk
}

resource "aws_route53_record" "bulk" {
  count   = 20
  zone_id = data.aws_route53_zone.bulk.zone_id
  name    = "bulk-${count.index}.${data.aws_availability_zones.bulk.id}.storefront.example"
  type    = "CNAME"
  ttl     = 300
  records = ["somewhere.example"]
}

resource "aws_route53_health_check" "bulk" {
  count             = 5
  type              = "HTTPS"
  fqdn              = "bulk-${count.index}.example"
  port              = 443
  resource_path     = "/"
  failure_threshold = 3
  request_interval  = 30
  tags              = local.bulk
}
