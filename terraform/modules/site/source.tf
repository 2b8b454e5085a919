# component "source": the Git server. It runs on the primary; the standby's is stopped until dr activates it.

locals {
  source_tags = { "dr:component" = "source" }
}

resource "aws_security_group" "source" {
  name        = "${var.estate}-source"
  description = "Git over SSH from inside"
  vpc_id      = aws_vpc.this.id
  tags        = local.source_tags
}

resource "aws_vpc_security_group_ingress_rule" "source" {
  description       = "Git over SSH from inside"
  security_group_id = aws_security_group.source.id
  cidr_ipv4         = var.cidr
  from_port         = 22
  to_port           = 22
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "source" {
  description       = "The Git server to anywhere: packages, its mirror"
  security_group_id = aws_security_group.source.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_instance" "source" {
  ami                    = data.aws_ami.this.id
  instance_type          = var.git_size
  subnet_id              = aws_subnet.private[0].id
  vpc_security_group_ids = [aws_security_group.source.id]
  metadata_options {
    http_tokens = "required"
  }
  tags = merge(local.source_tags, { Name = "${var.estate}-source" })
  lifecycle {
    # Its disk holds the source: it is not replaced because a newer image is out.
    ignore_changes = [ami]
  }
}

resource "aws_ec2_instance_state" "source" {
  instance_id = aws_instance.source.id
  state       = var.role == "primary" ? "running" : "stopped"
}
