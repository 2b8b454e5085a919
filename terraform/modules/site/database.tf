# component "database". A promotion is never made here: `database_role` follows it.

locals {
  database   = { "dr:component" = "database" }
  identifier = "${var.estate}-database"
  is_replica = var.database_role == "replica"
}

resource "aws_kms_key" "database" {
  description         = "${var.estate} database at ${var.site}"
  enable_key_rotation = true
  tags                = local.database
}

resource "aws_kms_alias" "database" {
  name          = "alias/${local.identifier}"
  target_key_id = aws_kms_key.database.key_id
}

# The two groups have the same names on both sites: a replica names them in its own region, and moto 5.2.1 looks the subnet
# group up in the region of the source.
resource "aws_db_subnet_group" "this" {
  name       = local.identifier
  subnet_ids = aws_subnet.database[*].id
  tags       = local.database
}

resource "aws_db_parameter_group" "this" {
  name   = local.identifier
  family = "postgres${split(".", var.database_version)[0]}"
  tags   = local.database
}

resource "aws_security_group" "database" {
  name        = local.identifier
  description = "The fleet to the database"
  vpc_id      = aws_vpc.this.id
  tags        = local.database
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  description                  = "The fleet to the database"
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.app.id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}

# The group that a fence puts in the other's place. It has no rule, and is made beforehand: an emergency creates nothing.
resource "aws_security_group" "quarantine" {
  name        = "${local.identifier}-quarantine"
  description = "Nobody to the database"
  vpc_id      = aws_vpc.this.id
  tags        = local.database
}

resource "aws_db_instance" "this" {
  identifier     = local.identifier
  instance_class = var.database_class

  replicate_source_db = local.is_replica ? "arn:aws:rds:${var.peer_region}:${local.account}:db:${local.identifier}" : null
  # A replica has these from its source.
  engine            = local.is_replica ? null : "postgres"
  engine_version    = local.is_replica ? null : var.database_version
  allocated_storage = local.is_replica ? null : var.database_storage
  db_name           = local.is_replica ? null : "app"
  username          = local.is_replica ? null : "app"
  password          = local.is_replica ? null : var.database_password

  storage_encrypted       = true
  kms_key_id              = aws_kms_key.database.arn
  multi_az                = var.database_multi_az
  backup_retention_period = local.is_replica ? 0 : var.database_retention
  db_subnet_group_name    = aws_db_subnet_group.this.name
  parameter_group_name    = aws_db_parameter_group.this.name
  vpc_security_group_ids  = [aws_security_group.database.id]

  apply_immediately         = true
  deletion_protection       = true
  copy_tags_to_snapshot     = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.identifier}-final"
  tags                      = local.database

  lifecycle {
    # The password of a former replica is in no state. Tags with the prefix `dr:` beyond these are put there by dr.
    ignore_changes = [password]
  }
}

# Where the application reads which database it writes to. dr writes the value in a failover, Terraform never again.
resource "aws_ssm_parameter" "endpoint" {
  name  = "/${var.estate}/database/endpoint"
  type  = "String"
  value = "${aws_db_instance.this.address}:5432"
  tags  = local.database
  lifecycle {
    ignore_changes = [value]
  }
}

resource "aws_cloudwatch_metric_alarm" "lag" {
  alarm_name          = "${local.identifier}-replica-lag"
  namespace           = "AWS/RDS"
  metric_name         = "ReplicaLag"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 60
  period              = 60
  evaluation_periods  = 3
  # A primary publishes no lag.
  treat_missing_data = "notBreaching"
  dimensions         = { DBInstanceIdentifier = local.identifier }
  tags               = local.database
}
