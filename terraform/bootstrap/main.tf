# What must be there before a site's stack can keep its state: applied once a site, with state on disk (three buckets
# are quickly imported, should that be lost).

terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region            = var.region
  s3_use_path_style = var.path_style
  default_tags {
    tags = {
      "dr:estate" = var.estate
      "dr:site"   = var.site
    }
  }
}

locals {
  # Buckets of one site, by what they hold.
  buckets = {
    # State and lock file of the site's stack. Kept in its own site: a lost site never stands in the way of changing the other.
    state = "${var.estate}-state-${var.region}"
    # Journals, lock, plans and inventories of runs that move to this site.
    store = "${var.estate}-dr-${var.region}"
    # The switch object that the health check of the peer's record watches. Nothing else is ever put here: one object of it is public.
    switch = "${var.estate}-switch-${var.region}"
  }
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets
  bucket   = each.value
  tags     = { "dr:component" = each.key == "switch" ? "front-door" : "state" }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = local.buckets
  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = each.key != "switch"
  restrict_public_buckets = each.key != "switch"
}

# A journal is evidence: its records can be created, never replaced and never removed. The conditional write is also what
# makes an append a compare-and-swap (Amazon S3 user guide, "Enforce conditional writes on Amazon S3 buckets").
data "aws_iam_policy_document" "store" {
  statement {
    sid       = "RecordsAreOnlyCreated"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.this["store"].arn}/runs/*/journal/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
  }
  statement {
    sid       = "RecordsStay"
    effect    = "Deny"
    actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    resources = ["${aws_s3_bucket.this["store"].arn}/runs/*/journal/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  statement {
    sid       = "EncryptedOnTheWay"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this["store"].arn, "${aws_s3_bucket.this["store"].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "store" {
  count      = var.store_policy ? 1 : 0
  bucket     = aws_s3_bucket.this["store"].id
  policy     = data.aws_iam_policy_document.store.json
  depends_on = [aws_s3_bucket_public_access_block.this]
}

# Health checkers are outside every account: they can read an object only if everybody can.
data "aws_iam_policy_document" "switch" {
  statement {
    sid       = "HealthCheckersReadTheSwitch"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.this["switch"].arn}/${var.switch_key}"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_s3_bucket_policy" "switch" {
  bucket     = aws_s3_bucket.this["switch"].id
  policy     = data.aws_iam_policy_document.switch.json
  depends_on = [aws_s3_bucket_public_access_block.this]
}
